/// A part of a message that becomes another, and why.
public struct Change: Equatable, Sendable {
    /// Where it stands in the message as it came, in octets.
    public let range: Range<Int>
    /// What takes its place; empty where it is taken out.
    public let replacement: [UInt8]
    /// Why.
    public let reason: Reason
}
