// The first line of a message (RFC 3261 sections 7.1 and 7.2). Its parts are separated by single spaces; elements may
// be liberal about others (RFC 4475 section 3.1.2.9), and this one, which may not be understood otherwise than its peer
// is, is not.

import TextFormats

/// What the first line says.
public struct StartLine: BitwiseCopyable, Sendable {
    /// The status code of a response, 100 to 699; 0 for a request.
    public let code: Int
    /// The method of a request; nil for a response.
    public let method: Method?
    private let uriText: TextRange

    /// Where the Request-URI of a request stands; empty for a response.
    public var uri: Range<Int> { @_noLocks get { uriText.range } }

    /// Reads the line that stands in `range`, without its line end.
    @inline(always) @_noLocks
    init(_ bytes: borrowing RawSpan, _ range: Range<Int>) throws(MessageDefect) {
        // The shortest request line is `A b:c SIP/2.0`, the shortest status line has 11 bytes.
        guard range.count >= 11 else { throw .notSIP }
        if Self.isVersion(bytes.word(at: range.lowerBound)) {
            self = try Self.response(bytes, range)
        } else {
            self = try Self.request(bytes, range)
        }
    }

    @inline(__always) @_noLocks
    private init(code: Int, method: Method?, uri: Range<Int>) {
        self.code = code
        self.method = method
        uriText = TextRange(uri)
    }

    @inline(always) @_noLocks
    private static func request(_ bytes: borrowing RawSpan, _ range: Range<Int>) throws(MessageDefect) -> StartLine {
        guard let methodEnd = bytes.first(ASCII.space, in: range),
            let method = Method(bytes, range.lowerBound, methodEnd)
        else { throw foreign(bytes, range) }
        let uri = methodEnd &+ 1..<max(methodEnd &+ 1, range.upperBound &- 8)
        // " SIP/2.0" in any case.
        guard uri.count > 0, bytes.word(at: uri.upperBound) & 0xFFFF_FFFF_DFDF_DFFF == 0x302E_322F_5049_5320 else {
            throw foreign(bytes, range)
        }
        // A URI begins with a letter, and has no space in it.
        guard bytes.byte(at: uri.lowerBound).isLetter,
            bytes.end(before: ASCII.space, ASCII.space, in: uri) == uri.upperBound
        else { throw .startLine }
        return StartLine(code: 0, method: method, uri: uri)
    }

    /// What is wrong with a line that does not end as a request of this version does.
    @_noLocks
    private static func foreign(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> MessageDefect {
        var offset = range.lowerBound
        while offset <= range.upperBound &- 4 {
            // "SIP/", in any case.
            if bytes.shortWord(at: offset, count: 4) & 0xFFDF_DFDF == 0x2F50_4953 {
                let version = offset &+ 4..<range.upperBound
                let isLast =
                    offset == range.lowerBound
                    || bytes.end(before: ASCII.space, ASCII.space, in: version) == version.upperBound
                let isThis =
                    version.count >= 3 && bytes.shortWord(at: version.lowerBound, count: 3) & 0xFF_FFFF == 0x30_2E32
                return isLast && !isThis ? .version : .startLine
            }
            offset &+= 1
        }
        return .notSIP
    }

    /// Whether a word is "SIP/2.0 " in any case.
    @inline(__always) @_noLocks
    private static func isVersion(_ word: UInt64) -> Bool { word & 0xFFFF_FFFF_FFDF_DFDF == 0x2030_2E32_2F50_4953 }

    /// Behind the version, three digits, which the end of the line or a space and the reason phrase follow.
    @inline(__always) @_noLocks
    private static func response(_ bytes: borrowing RawSpan, _ range: Range<Int>) throws(MessageDefect) -> StartLine {
        let start = range.lowerBound &+ 8
        let end = start &+ 3
        guard let code = bytes.number(start..<end), code >= 100 && code < 700 else { throw .startLine }
        if end < range.upperBound, bytes.byte(at: end) != ASCII.space { throw .startLine }
        return StartLine(code: Int(truncatingIfNeeded: code), method: nil, uri: end..<end)
    }
}
