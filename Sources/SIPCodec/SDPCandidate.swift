// a=candidate:<foundation> <component-id> <transport> <priority> <address> <port> typ <type> [raddr <address>]
// [rport <port>] {<name> <value>} (RFC 8839 section 5.1)

import TextFormats

/// An address that ICE is to try.
public struct SDPCandidate: Sendable {
    /// How the address was found.
    public enum Origin: UInt8, Hashable, Sendable {
        /// It is one of the host itself.
        case host
        /// A STUN server saw it.
        case serverReflexive
        /// The other side saw it.
        case peerReflexive
        /// It is one of a TURN server.
        case relayed
        /// A kind that is not known.
        case other
    }

    /// Equal for candidates of the same kind, base and server.
    public let foundation: Range<Int>
    /// 1 for RTP, or for the only stream of a media; 2 for RTCP. 1 to 256.
    public let component: Int
    /// What carries it: `udp`, `tcp` (RFC 6544) or `other`.
    public let transport: SDPTransport
    /// The higher, the sooner it is tried. What is above 2^32 - 1 is that.
    public let priority: UInt32
    /// The address to try; a name, for one hidden by multicast DNS.
    public let address: SDPAddress
    /// The port to try.
    public let port: SDPPort
    /// How it was found.
    public let origin: Origin
    /// The address behind it, as only its own side sees it, for diagnosis.
    public let relatedAddress: SDPAddress?
    /// The port behind it.
    public let relatedPort: SDPPort?

    /// Reads the value of a line of the kind `candidate`; nil when it does not have this form, or a number is out of range.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ value: Range<Int>) {
        var tokens = SDPTokens(value)
        foundation = tokens.next(in: bytes)
        guard let component = bytes.number(tokens.next(in: bytes)), component >= 1 && component <= 256 else {
            return nil
        }
        self.component = Int(component)
        let layer = tokens.next(in: bytes)
        transport = bytes.isKeyword(layer, "udp") ? .udp : bytes.isKeyword(layer, "tcp") ? .tcp : .other
        guard let priority = bytes.number(tokens.next(in: bytes)),
            let address = SDPAddress(bytes, tokens.next(in: bytes)), let port = SDPPort(bytes, tokens.next(in: bytes)),
            bytes.isKeyword(tokens.next(in: bytes), "typ")
        else { return nil }
        self.priority = priority
        self.address = address
        self.port = port
        let type = tokens.next(in: bytes)
        guard !type.isEmpty else { return nil }
        origin = Origin(bytes, type)

        var relatedAddress: SDPAddress?
        var relatedPort: SDPPort?
        while true {
            let name = tokens.next(in: bytes)
            let value = tokens.next(in: bytes)
            guard !value.isEmpty else { break }
            if bytes.isKeyword(name, "raddr") { relatedAddress = SDPAddress(bytes, value) }
            if bytes.isKeyword(name, "rport") { relatedPort = SDPPort(bytes, value) }
        }
        self.relatedAddress = relatedAddress
        self.relatedPort = relatedPort
    }
}

extension SDPCandidate.Origin {
    @_noLocks
    init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        if bytes.isKeyword(range, "host") {
            self = .host
        } else if bytes.isKeyword(range, "srflx") {
            self = .serverReflexive
        } else if bytes.isKeyword(range, "prflx") {
            self = .peerReflexive
        } else {
            self = bytes.isKeyword(range, "relay") ? .relayed : .other
        }
    }
}
