/// What carries SIP messages (RFC 3261 section 18).
public enum SIPTransport: UInt8, BitwiseCopyable, Sendable {
    /// One message in each datagram.
    case udp = 0
    /// Messages one behind the other, told apart by Content-Length.
    case tcp
}
