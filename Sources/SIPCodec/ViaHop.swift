import TextFormats

/// What a translator of addresses needs to know of a value of Via: by what, and from where, a request was sent.
public struct ViaHop: BitwiseCopyable, Sendable {
    /// The sent-by, when its host is an IPv4 address.
    public let sentBy: NumericHost?
    private let transportText: TextRange
    private let parametersText: TextRange

    /// Where the transport stands.
    public var transport: Range<Int> { @_noLocks get { transportText.range } }
    /// All parameters with the semicolon before the first, for `Parameters`; empty when there are none.
    public var parameters: Range<Int> { @_noLocks get { parametersText.range } }

    /// Reads the value that fills `range` as `ViaValue` does; nil when it breaks the grammar. The `known` endpoints are
    /// found at less cost than others.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ range: Range<Int>, known: borrowing KnownEndpoints) {
        if let usual = Self.usual(bytes, range, known) {
            self = usual
        } else {
            guard let via = ViaValue(bytes, range) else { return nil }
            sentBy = NumericHost(via.sentBy)
            transportText = TextRange(via.transport)
            parametersText = TextRange(via.parameters)
        }
    }

    /// As nearly all write it: SIP/2.0/, a transport of three letters, one space, an address and maybe a port, and
    /// parameters right behind them; nil for everything else.
    @inline(__always) @_noLocks
    private static func usual(
        _ bytes: borrowing RawSpan, _ range: Range<Int>, _ known: borrowing KnownEndpoints
    ) -> ViaHop? {
        let host = range.lowerBound &+ 12
        let end = range.upperBound
        guard host < end, bytes.word(at: range.lowerBound) == 0x2F30_2E32_2F50_4953,
            bytes.byte(at: host &- 4).isLetter, bytes.byte(at: host &- 3).isLetter, bytes.byte(at: host &- 2).isLetter,
            bytes.byte(at: host &- 1) == ASCII.space, let sentBy = NumericHost(bytes, host: host..<end, known)
        else { return nil }
        let parameters = sentBy.range.upperBound
        guard parameters == end || bytes.byte(at: parameters) == ASCII.semicolon else { return nil }
        return ViaHop(sentBy, transport: host &- 4..<host &- 1, parameters: parameters..<end)
    }

    @inline(__always) @_noLocks
    private init(_ sentBy: NumericHost, transport: Range<Int>, parameters: Range<Int>) {
        self.sentBy = sentBy
        transportText = TextRange(transport)
        parametersText = TextRange(parameters)
    }
}
