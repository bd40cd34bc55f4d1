import TextFormats

/// A URI (RFC 3261 section 19.1). Of those that are neither sip nor sips, only that they are one is known.
public struct SIPURI: Sendable {
    /// The schemes.
    public enum Scheme: Sendable {
        /// sip.
        case sip
        /// sips.
        case sips
        /// Any other, such as tel (RFC 3966) or urn.
        case other
    }

    /// Its scheme.
    public let scheme: Scheme
    /// What stands before the @: user, parameters of the user, password, all with their escapes. Nil when there is no @.
    public let userInfo: Range<Int>?
    /// Host and port; nil with another scheme.
    public let host: SIPHost?
    /// The parameters with the semicolon before the first, for `Parameters`; empty when there are none.
    public let parameters: Range<Int>
    /// What stands behind the question mark; nil when there is none.
    public let headers: Range<Int>?

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
            userInfo = nil
            host = nil
            parameters = range.upperBound..<range.upperBound
            headers = nil
            return
        }
        // Neither host nor parameters nor headers can hold an @ that is not escaped.
        if let at = bytes.first(ASCII.at, in: start..<range.upperBound) {
            guard at > start else { return nil }
            userInfo = start..<at
            start = at &+ 1
        } else {
            userInfo = nil
        }
        guard let host = SIPHost(bytes, start..<range.upperBound, isVia: false) else { return nil }
        self.host = host
        let rest = host.portRange.upperBound..<range.upperBound
        if rest.isEmpty {
            parameters = rest
            headers = nil
            return
        }
        let mark = bytes.byte(at: rest.lowerBound)
        guard mark == ASCII.semicolon || mark == ASCII.questionMark else { return nil }
        if let question = bytes.first(ASCII.questionMark, in: rest) {
            parameters = rest.lowerBound..<question
            headers = question &+ 1..<rest.upperBound
        } else {
            parameters = rest
            headers = nil
        }
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
