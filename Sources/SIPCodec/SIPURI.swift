import TextFormats

/// A URI (RFC 3261 section 19.1). Of those that are neither sip nor sips, only that they are one is known.
public struct SIPURI: BitwiseCopyable, Sendable {
    /// The schemes.
    public enum Scheme: BitwiseCopyable, Sendable {
        /// sip.
        case sip
        /// sips.
        case sips
        /// Any other, such as tel (RFC 3966) or urn.
        case other
    }

    /// Its scheme.
    public let scheme: Scheme
    /// Host and port; nil with another scheme.
    public let host: SIPHost?
    private let userInfoText: TextRange
    private let parametersText: TextRange
    private let headersText: TextRange
    private let hasHeaders: Bool

    /// What stands before the @: user, parameters of the user, password, all with their escapes. Nil when there is no
    /// @.
    public var userInfo: Range<Int>? {
        @_noLocks get { userInfoText.range.isEmpty ? nil : userInfoText.range }
    }
    /// The parameters with the semicolon before the first, for `Parameters`; empty when there are none.
    public var parameters: Range<Int> { @_noLocks get { parametersText.range } }
    /// What stands behind the question mark; nil when there is none.
    public var headers: Range<Int>? { @_noLocks get { hasHeaders ? headersText.range : nil } }

    /// Reads the URI that fills `range`; nil when it breaks the grammar.
    @inline(__always) @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        guard range.count >= 4 else { return nil }
        let word = bytes.shortWord(at: range.lowerBound, count: min(5, range.count))
        var start = range.lowerBound
        if word & 0xFFDF_DFDF == 0x3A50_4953 {  // sip:
            scheme = .sip
            start &+= 4
        } else if range.count >= 5, word & 0xFF_DFDF_DFDF == 0x3A_5350_4953 {  // sips:
            scheme = .sips
            start &+= 5
        } else {
            guard Self.hasScheme(bytes, range) else { return nil }
            scheme = .other
            host = nil
            let none = TextRange(range.upperBound..<range.upperBound)
            userInfoText = none
            parametersText = none
            headersText = none
            hasHeaders = false
            return
        }
        // Neither host nor parameters nor headers can hold an @ that is not escaped.
        let userStart = start
        if let at = bytes.first(ASCII.at, in: start..<range.upperBound) {
            guard at > start else { return nil }
            start = at &+ 1
        }
        userInfoText = TextRange(userStart..<max(userStart, start &- 1))
        guard let host = SIPHost(bytes, start..<range.upperBound, isVia: false) else { return nil }
        self.host = host
        let rest = host.portRange.upperBound..<range.upperBound
        var parametersEnd = rest.upperBound
        if !rest.isEmpty {
            let mark = bytes.byte(at: rest.lowerBound)
            guard mark == ASCII.semicolon || mark == ASCII.questionMark else { return nil }
            parametersEnd = bytes.first(ASCII.questionMark, in: rest) ?? rest.upperBound
        }
        parametersText = TextRange(rest.lowerBound..<parametersEnd)
        hasHeaders = parametersEnd < rest.upperBound
        headersText = TextRange(min(parametersEnd &+ 1, rest.upperBound)..<rest.upperBound)
    }

    /// Whether a URI begins with the name of a scheme, a colon, and something behind it.
    @_noLocks
    private static func hasScheme(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Bool {
        for offset in range {
            let byte = bytes.byte(at: offset)
            if byte == ASCII.colon { return offset > range.lowerBound && offset &+ 1 < range.upperBound }
            let isLater = offset > range.lowerBound
            let isSign = byte == UInt8(ascii: "+") || byte == ASCII.hyphen || byte == ASCII.dot
            guard byte.isLetter || isLater && (byte.isDigit || isSign) else { return false }
        }
        return false
    }
}
