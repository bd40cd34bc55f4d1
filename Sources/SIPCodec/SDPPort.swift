/// A port as it is written in a session description.
public struct SDPPort: Sendable {
    /// The port in host byte order. 0 is legal, and stands for a media that is refused or only bundled.
    public let number: UInt16
    /// Where its digits stand in the span.
    public let range: Range<Int>

    /// Reads the port that all of `range` is; nil when it is no number or above 65535, however many digits it has.
    @inline(__always) @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        guard let number = bytes.number(range), number <= 65535 else { return nil }
        self.number = UInt16(truncatingIfNeeded: number)
        self.range = range
    }
}
