import TextFormats

/// name-addr or addr-spec and the parameters behind it (RFC 3261 sections 20.10, 25.1): a value of From, To, Contact,
/// Route, Refer-To and the like.
public struct NameAddress: BitwiseCopyable, Sendable {
    /// Whether the URI stands in angle brackets. Else a semicolon ends it, and its parameters are the field's.
    public let isBracketed: Bool
    private let displayNameText: TextRange
    private let uriText: TextRange
    private let parametersText: TextRange

    /// The name for people, with the quotation marks of a quoted one; nil when there is none.
    public var displayName: Range<Int>? {
        @_noLocks get { displayNameText.range.isEmpty ? nil : displayNameText.range }
    }
    /// The URI without angle brackets, for `SIPURI`.
    public var uri: Range<Int> { @_noLocks get { uriText.range } }
    /// The parameters of the field with the semicolon before the first, for `Parameters`; empty when there are none.
    public var parameters: Range<Int> { @_noLocks get { parametersText.range } }

    /// Whether a value is `*`, which in the Contact of a REGISTER stands for all contacts (RFC 3261 section 10.2.2).
    @_noLocks
    public static func isWildcard(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Bool {
        range.count == 1 && bytes.byte(at: range.lowerBound) == ASCII.asterisk
    }

    /// Reads the value that fills `range`, without white space before and behind it; nil when it has no URI, or a
    /// quotation mark or bracket is not closed.
    @inline(__always) @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        guard let bracket = Self.bracket(bytes, range) else { return nil }
        let end = range.upperBound
        isBracketed = bracket < end
        let uri: Range<Int>
        let parametersStart: Int
        if isBracketed {
            guard let close = bytes.first(ASCII.greaterThan, in: bracket..<end) else { return nil }
            displayNameText = TextRange(bytes.trimmed(range.lowerBound..<bracket))
            uri = bytes.trimmed(bracket &+ 1..<close)
            parametersStart = bytes.skipSpace(close &+ 1, end)
        } else {
            displayNameText = TextRange(range.lowerBound..<range.lowerBound)
            uri = range.lowerBound..<bytes.end(before: ASCII.semicolon, ASCII.semicolon, in: range)
            parametersStart = bytes.skipSpace(uri.upperBound, end)
        }
        guard !uri.isEmpty else { return nil }
        if parametersStart < end, bytes.byte(at: parametersStart) != ASCII.semicolon { return nil }
        uriText = TextRange(uri)
        parametersText = TextRange(parametersStart..<end)
    }

    /// Where the left bracket stands; the end when there is none, and nil when the name before it is no name.
    @inline(__always) @_noLocks
    private static func bracket(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Int? {
        guard !range.isEmpty else { return nil }
        let first = bytes.byte(at: range.lowerBound)
        if first == ASCII.lessThan { return range.lowerBound }
        if first == ASCII.quote {
            guard let nameEnd = bytes.quotedEnd(range.lowerBound, range.upperBound) else { return nil }
            let bracket = bytes.skipSpace(nameEnd, range.upperBound)
            guard bracket < range.upperBound, bytes.byte(at: bracket) == ASCII.lessThan else { return nil }
            return bracket
        }
        // The colon of a URI before it tells that it stands in a parameter.
        guard let bracket = bytes.first(ASCII.lessThan, in: range),
            bytes.first(ASCII.colon, in: range.lowerBound..<bracket) == nil
        else { return range.upperBound }
        return bracket
    }
}
