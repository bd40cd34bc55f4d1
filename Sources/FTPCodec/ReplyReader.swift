// Follows the replies of a server over its lines. A reply of several lines ends only with its own code and a space; the
// lines between may begin with anything, other codes included (RFC 959 section 4.2).

/// Tells which lines of a server are replies, and which only belong to one.
public struct ReplyReader: Hashable, BitwiseCopyable, Sendable {
    /// What a line means.
    public enum Event: Hashable, Sendable {
        /// The last line of a 1xx reply, after which another reply to the same command follows. The code.
        case preliminary(Int)
        /// The last line of the reply that settles a command. The code.
        case final(Int)
        /// The first or a middle line of a reply of several lines, or a line outside of any reply.
        case middle
    }

    /// The code of the reply whose lines are coming in; nil between replies.
    public private(set) var openCode: Int?

    /// A reader that stands between two replies.
    @_noLocks
    public init() {}

    /// Takes the next line. Each line is to be given once, in order.
    @_noLocks
    public mutating func read(_ line: ReplyLine) -> Event {
        switch line.kind {
        case .opens:
            if openCode == nil { openCode = line.code }
            return .middle
        case .final where openCode == nil || openCode == line.code:
            openCode = nil
            return line.code >= 100 && line.code < 200 ? .preliminary(line.code) : .final(line.code)
        case .final, .text:
            return .middle
        }
    }
}
