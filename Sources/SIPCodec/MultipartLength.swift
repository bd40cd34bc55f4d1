/// The Content-Length of a part.
public struct MultipartLength: Sendable {
    /// The length of the body in bytes, as the sender wrote it; what is above 2^32 - 1 is that.
    public let value: UInt32
    /// Where its digits stand in the span.
    public let range: Range<Int>

    /// Reads the number that all of `range` is; nil when it is none.
    @_noLocks
    init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        guard let value = bytes.number(range) else { return nil }
        self.value = value
        self.range = range
    }
}
