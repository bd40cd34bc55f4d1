/// The key of a Toeplitz hash, by which cards choose the receive queue of a packet ("RSS Hash Types" and "Verifying the
/// RSS Hash Calculation" of the Windows network driver documentation define it).
///
/// The hash is linear: that of an input is the exclusive or of what each of its octets contributes at its place, which
/// is how `ReceiveScaling` makes it fast.
public struct ToeplitzKey: Equatable, Sendable {
    /// The octets, 40 or more: 36 are hashed at most (two IPv6 addresses, two ports), and each looks four further.
    public let octets: [UInt8]

    /// Nil for fewer than 40 octets.
    public init?(_ octets: [UInt8]) {
        guard octets.count >= 40 else { return nil }
        self.octets = octets
    }

    /// What an octet at a place, 0 to 35, of the input contributes to the hash: for each of its bits that is set, the 32
    /// bits of the key that begin at that bit.
    public func contribution(of octet: UInt8, at place: Int) -> UInt32 {
        let window = octets[place..<place + 5].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (0..<8).reduce(0) { hash, bit in
            octet << bit & 0x80 == 0 ? hash : hash ^ UInt32(truncatingIfNeeded: window >> (8 - bit))
        }
    }

    /// The hash of an input of up to 36 octets: source address, destination address, and, if the card hashes them, source
    /// port and destination port, all in network byte order.
    public func hash(_ input: [UInt8]) -> UInt32 {
        input.enumerated().reduce(0) { $0 ^ contribution(of: $1.element, at: $1.offset) }
    }
}
