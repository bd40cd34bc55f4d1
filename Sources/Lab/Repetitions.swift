// Whether a message of SIP that is sent again is the same again.

/// The messages of a capture that were sent more than once, and how.
public struct Repetitions: Sendable {
    /// Copies beyond the first.
    public private(set) var count = 0
    /// The first copy and another one, of every message of which not all copies have the same octets, source and
    /// destination.
    public private(set) var differences: [(first: Datagram, other: Datagram)] = []

    /// What makes two datagrams the same message: of one transaction (RFC 3261 section 17.1.3, 17.2.3) and dialog, and the
    /// same in it. No address is part of it: a gateway that translates one of two copies otherwise is to be found out.
    private struct Identity: Hashable {
        /// Method or status code.
        let kind: Substring
        let branch: Substring
        let sequence: Substring
        let call: Substring
        let tags: [Substring]

        init?(_ message: String) {
            let lines = message.split(separator: "\r\n")
            func value(_ name: String) -> Substring? {
                lines.first { $0.hasPrefix(name) }?.dropFirst(name.count)
            }
            func parameter(_ name: String, of value: Substring) -> Substring {
                value.split(separator: ";").first { $0.hasPrefix("\(name)=") } ?? ""
            }
            guard let words = lines.first?.split(separator: " "), words.count >= 2, let via = value("Via: "),
                let sequence = value("CSeq: "), let call = value("Call-ID: "), let from = value("From: "),
                let to = value("To: ")
            else { return nil }
            kind = words[0] == "SIP/2.0" ? words[1] : words[0]
            branch = parameter("branch", of: via)
            self.sequence = sequence
            self.call = call
            tags = [from, to].map { parameter("tag", of: $0) }
        }
    }

    /// Compares what has come to a host.
    ///
    /// - Parameter address: the host's; what it has sent is left aside.
    public init(to address: String, in datagrams: [Datagram]) {
        var first: [Identity: Datagram] = [:]
        for datagram in datagrams where datagram.destination.hasPrefix("\(address):") {
            guard let identity = datagram.message.flatMap(Identity.init) else { continue }
            guard let known = first[identity] else {
                first[identity] = datagram
                continue
            }
            count += 1
            let isSame =
                known.payload == datagram.payload && known.source == datagram.source
                && known.destination == datagram.destination
            if !isSame { differences.append((known, datagram)) }
        }
    }
}
