/// The Content-Length of a part.
public struct MultipartLength: Sendable {
    /// The length of the body in bytes, as the sender wrote it: 0 to 2^31 - 1.
    public let value: Int
    /// Where its digits stand in the span.
    public let range: Range<Int>

    /// Reads the number that all of `range` is; nil when it is none.
    @_noLocks
    init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        guard let value = bytes.decimal(range, most: 0x7FFF_FFFF) else { return nil }
        self.value = value
        self.range = range
    }
}
