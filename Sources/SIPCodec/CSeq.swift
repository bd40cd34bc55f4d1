import TextFormats

/// The value of CSeq (RFC 3261 section 20.16).
public struct CSeq: BitwiseCopyable, Sendable {
    /// The sequence number, below 2^31 (RFC 3261 section 8.1.1.5).
    public let number: UInt32
    /// The method of the request, also in a response.
    public let method: Method
    private let methodText: TextRange

    /// Where the method stands.
    public var methodRange: Range<Int> { @_noLocks get { methodText.range } }

    /// Reads the value that stands in `range`; nil when it breaks the grammar, or the number is too large.
    @inline(always) @_noLocks
    init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        let number = bytes.number(from: range.lowerBound, range.upperBound)
        let methodStart = bytes.skipSpace(number.end, range.upperBound)
        guard number.end > range.lowerBound, number.value < 1 << 31, methodStart > number.end,
            let method = Method(bytes, methodStart, range.upperBound)
        else { return nil }
        self.number = number.value
        self.method = method
        methodText = TextRange(methodStart, range.upperBound)
    }
}
