import TextFormats

/// The value of Authorization or Proxy-Authorization (RFC 3261 section 22.4).
public enum Credentials {
    /// Whether the body is part of what the sender signed (qop=auth-int, quoted or not): whoever edits it makes the
    /// request invalid.
    @_noLocks
    public static func coverBody(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Bool {
        // Behind the scheme, such as Digest.
        let schemeEnd = bytes.end(before: ASCII.space, ASCII.space, in: range)
        var parameters = ValueList(schemeEnd..<range.upperBound)
        while let parameter = parameters.next(in: bytes) {
            guard let equals = bytes.first(ASCII.equals, in: parameter) else { continue }
            let name = bytes.trimmed(parameter.lowerBound..<equals)
            guard name.count == 3, Keyword(lowerCased: bytes, name.lowerBound, count: 3) == Keyword("qop") else {
                continue
            }
            let value = unquoted(bytes, bytes.trimmed(equals &+ 1..<parameter.upperBound))
            if value.count == 8, Keyword(lowerCased: bytes, value.lowerBound, count: 8) == Keyword("auth-int") {
                return true
            }
        }
        return false
    }

    @_noLocks
    private static func unquoted(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Range<Int> {
        guard range.count >= 2, bytes.byte(at: range.lowerBound) == ASCII.quote,
            bytes.byte(at: range.upperBound &- 1) == ASCII.quote
        else { return range }
        return bytes.trimmed(range.lowerBound &+ 1..<range.upperBound &- 1)
    }
}
