import SIPMessages

/// Whole SIP messages through the gateway: checked, parsed, followed, and rewritten into its message memory.
extension Operation {
    static var calls: [Operation] {
        [
            repeated("sip-register", 2_000, .register), repeated("sip-invite", 2_000, .invite),
            repeated("sip-answer", 2_000, .answer), repeated("sip-bye", 2_000, .bye),
            Operation(name: "sip-call", mostNanoseconds: 15_000) {
                let telephone = try Telephone()
                return { count in
                    for _ in 0..<count { telephone.proceed(to: .ended) }
                    return telephone.octets
                }
            },
            Operation(name: "sip-write", mostNanoseconds: 600) {
                let telephone = try Telephone()
                telephone.proceed(to: .invite)
                return { count in
                    telephone.write(.invite, times: count)
                    return telephone.octets
                }
            },
        ]
    }

    /// A message that comes again and again.
    private static func repeated(_ name: String, _ mostNanoseconds: Double, _ message: CallMessage) -> Operation {
        Operation(name: name, mostNanoseconds: mostNanoseconds) {
            let telephone = try Telephone()
            telephone.proceed(to: message)
            return { count in
                for _ in 0..<count { telephone.receive(message) }
                return telephone.octets
            }
        }
    }
}
