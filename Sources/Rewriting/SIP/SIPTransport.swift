/// What carries SIP messages (RFC 3261 section 18), or media.
public enum SIPTransport: UInt8, BitwiseCopyable, Sendable {
    /// One message in each datagram; for media, datagrams.
    case udp = 0
    /// Messages one behind the other, told apart by Content-Length; for media, a connection.
    case tcp

    /// Whether both are the same.
    @inline(__always) @_noLocks
    public static func == (left: SIPTransport, right: SIPTransport) -> Bool { left.rawValue == right.rawValue }
}
