import WireFormats

/// What carries SIP messages (RFC 3261 section 18), or media.
public enum SIPTransport: UInt8, BitwiseCopyable, Sendable {
    /// One message in each datagram; for media, datagrams.
    case udp = 0
    /// Messages one behind the other, told apart by Content-Length; for media, a connection.
    case tcp

    /// The one that a name says, as in `transport=` and Via, in upper or lower case; nil for others.
    @_noLocks
    init?(_ bytes: borrowing RawSpan, _ name: Range<Int>) {
        guard name.count == 3 else { return nil }
        var letters: UInt32 = 0
        for offset in name { letters = letters << 8 | UInt32(bytes.octet(at: offset) | 0x20) }
        switch letters {
        case 0x75_6470: self = .udp
        case 0x74_6370: self = .tcp
        default: return nil
        }
    }

    /// Whether both are the same.
    @_noLocks
    public static func == (left: SIPTransport, right: SIPTransport) -> Bool { left.rawValue == right.rawValue }
}
