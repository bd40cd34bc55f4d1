// One UDP datagram of a capture.

/// A UDP datagram, as it was seen on an interface.
public struct Datagram: Sendable {
    /// An address and port, as text: `192.168.1.10:5060`.
    public typealias Place = String

    /// Microseconds since 1970.
    public let time: Int
    public let source: Place
    public let destination: Place
    public let payload: [UInt8]

    /// The SIP message in it; nil where it is none. Its first line begins or ends with the version (RFC 3261 section 7).
    public var message: String? {
        let text = String(decoding: payload, as: UTF8.self)
        let first = text.prefix { !$0.isNewline }
        return first.hasPrefix("SIP/2.0 ") || first.hasSuffix(" SIP/2.0") ? text : nil
    }

    /// The RTP packet in it; nil where it is none.
    public var rtp: RTPPacket? { RTPPacket(payload) }
}
