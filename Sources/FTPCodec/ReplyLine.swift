// One line of a reply, by its first four bytes (RFC 959 section 4.2). Any three digits are taken as a code, because
// clients do so.

import TextFormats

/// What a line that came from the server is, told from its beginning.
public struct ReplyLine: Hashable, Sendable {
    /// The place of a line in a reply.
    public enum Kind: Hashable, Sendable {
        /// "ddd " or just "ddd": a whole reply, or the last line of one.
        case final
        /// "ddd-": the first line of several.
        case opens
        /// Anything else: only meaningful in the middle of a reply.
        case text
    }

    /// The three-digit code; 0 for text.
    public let code: Int
    /// Its place in a reply, were it not in the middle of another one.
    public let kind: Kind

    /// Reads the beginning of a line, which stands in `range` of `line`, or is all of it when that is nil. The result is
    /// nil when too little of the line is there to tell; never when it holds an LF.
    @_noLocks
    public init?(_ line: borrowing RawSpan, _ range: Range<Int>? = nil) {
        var cursor = TelnetCursor(line.range(range))
        var code = 0
        for _ in 0..<3 {
            guard let byte = cursor.next(in: line) else { return nil }
            guard byte.value.isDigit else {
                self.code = 0
                kind = .text
                return
            }
            code = code &* 10 &+ Int(truncatingIfNeeded: byte.value &- ASCII.zero)
        }
        guard let mark = cursor.next(in: line)?.value else { return nil }
        switch mark {
        case ASCII.space, ASCII.carriageReturn, ASCII.lineFeed: kind = .final
        case ASCII.hyphen: kind = .opens
        default: kind = .text
        }
        self.code = kind == .text ? 0 : code
    }
}
