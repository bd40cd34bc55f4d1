/// A frame of a capture.
public struct CapturedFrame: Sendable {
    /// Its number in the file, from 1, as Wireshark counts.
    public let number: Int
    /// When it was captured, in nanoseconds since 1970.
    public let time: UInt64
    /// The frame with an Ethernet header, whatever the capture has for one.
    public let bytes: [UInt8]
    /// How many of its octets the capture lacks.
    public let missing: Int
}
