/// What carries SIP messages (RFC 3261 section 18).
public enum SIPTransport: String, CaseIterable, Sendable {
    case udp
    case tcp
}
