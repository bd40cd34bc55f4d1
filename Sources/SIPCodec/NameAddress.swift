import TextFormats

/// name-addr or addr-spec and the parameters behind it (RFC 3261 sections 20.10, 25.1): a value of From, To, Contact, Route,
/// Refer-To and the like.
public struct NameAddress: Sendable {
    /// The name for people, with the quotation marks of a quoted one; nil when there is none.
    public let displayName: Range<Int>?
    /// The URI without angle brackets, for `SIPURI`.
    public let uri: Range<Int>
    /// Whether it stands in angle brackets. Else a semicolon ends it, and its parameters are the field's.
    public let isBracketed: Bool
    /// The parameters of the field with the semicolon before the first, for `Parameters`; empty when there are none.
    public let parameters: Range<Int>

    /// Whether a value is `*`, which in the Contact of a REGISTER stands for all contacts (RFC 3261 section 10.2.2).
    @_noLocks
    public static func isWildcard(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Bool {
        range.count == 1 && bytes.byte(at: range.lowerBound) == ASCII.asterisk
    }

    /// Reads the value that fills `range`, without white space before and behind it; nil when it has no URI, or a quotation
    /// mark or bracket is not closed.
    @inline(__always) @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        guard let bracket = Self.bracket(bytes, range) else { return nil }
        if bracket < range.upperBound {
            guard let close = bytes.first(ASCII.greaterThan, in: bracket..<range.upperBound) else { return nil }
            let name = bytes.trimmed(range.lowerBound..<bracket)
            displayName = name.isEmpty ? nil : name
            uri = bytes.trimmed(bracket &+ 1..<close)
            isBracketed = true
            parameters = bytes.skipSpace(close &+ 1, range.upperBound)..<range.upperBound
        } else {
            let end = bytes.end(before: ASCII.semicolon, ASCII.semicolon, in: range)
            displayName = nil
            uri = range.lowerBound..<end
            isBracketed = false
            parameters = bytes.skipSpace(end, range.upperBound)..<range.upperBound
        }
        guard !uri.isEmpty else { return nil }
        guard parameters.isEmpty || bytes.byte(at: parameters.lowerBound) == ASCII.semicolon else { return nil }
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
