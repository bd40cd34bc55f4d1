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
    /// The higher, the sooner it is tried.
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
        guard let component = bytes.decimal(tokens.next(in: bytes), most: 256), component > 0 else { return nil }
        self.component = component
        transport = Self.transport(bytes, tokens.next(in: bytes))
        guard let priority = bytes.decimal(tokens.next(in: bytes), most: Int(UInt32.max)),
            let address = SDPAddress(bytes, tokens.next(in: bytes)), let port = SDPPort(bytes, tokens.next(in: bytes))
        else { return nil }
        self.priority = UInt32(truncatingIfNeeded: priority)
        self.address = address
        self.port = port
        var mark = CaselessName(tokens.next(in: bytes))
        let type = tokens.next(in: bytes)
        guard mark.next(in: bytes) == 0x7479_7000_0000_0000, !type.isEmpty else { return nil }  // typ
        origin = Self.origin(bytes, type)

        var relatedAddress: SDPAddress?
        var relatedPort: SDPPort?
        while true {
            var name = CaselessName(tokens.next(in: bytes))
            let extensionValue = tokens.next(in: bytes)
            guard !extensionValue.isEmpty else { break }
            switch name.next(in: bytes) {
            case 0x7261_6464_7200_0000: relatedAddress = SDPAddress(bytes, extensionValue)
            case 0x7270_6F72_7400_0000: relatedPort = SDPPort(bytes, extensionValue)
            default: break
            }
        }
        self.relatedAddress = relatedAddress
        self.relatedPort = relatedPort
    }

    @_noLocks
    private static func transport(_ bytes: RawSpan, _ range: Range<Int>) -> SDPTransport {
        var name = CaselessName(range)
        switch name.next(in: bytes) {
        case 0x7564_7000_0000_0000: return .udp
        case 0x7463_7000_0000_0000: return .tcp
        default: return .other
        }
    }

    @_noLocks
    private static func origin(_ bytes: RawSpan, _ range: Range<Int>) -> Origin {
        var name = CaselessName(range)
        switch name.next(in: bytes) {
        case 0x686F_7374_0000_0000: return .host
        case 0x7372_666C_7800_0000: return .serverReflexive  // srflx
        case 0x7072_666C_7800_0000: return .peerReflexive  // prflx
        case 0x7265_6C61_7900_0000: return .relayed  // relay
        default: return .other
        }
    }
}
