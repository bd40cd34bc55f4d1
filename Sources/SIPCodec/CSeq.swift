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
    @inline(__always) @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        let numberEnd = bytes.digitsEnd(range.lowerBound, range.upperBound)
        let methodStart = bytes.skipSpace(numberEnd, range.upperBound)
        guard methodStart > numberEnd, let number = bytes.number(range.lowerBound..<numberEnd), number < 1 << 31,
            let method = Method(bytes, methodStart..<range.upperBound)
        else { return nil }
        self.number = number
        self.method = method
        methodText = TextRange(methodStart..<range.upperBound)
    }
}
