import TextFormats

/// What a request asks for (RFC 3261 section 7.1). Methods are case-sensitive, and every token is a legal one.
public enum Method: UInt8, BitwiseCopyable, Hashable, Sendable {
    /// A token that is none of the others.
    case other
    /// RFC 3261 section 13: begins a session, or changes it.
    case invite
    /// RFC 3261 section 17.1.1.3: the third message of an INVITE.
    case ack
    /// RFC 3261 section 15: ends a session.
    case bye
    /// RFC 3261 section 9: takes a request back.
    case cancel
    /// RFC 3261 section 10: binds addresses to a name.
    case register
    /// RFC 3261 section 11: asks what the other side can do.
    case options
    /// RFC 3262: acknowledges a provisional response.
    case prack
    /// RFC 3311: changes a session, also while it is being set up.
    case update
    /// RFC 6086: what the application sends along a session.
    case info
    /// RFC 6665: asks for notifications.
    case subscribe
    /// RFC 6665: a notification.
    case notify
    /// RFC 3515: asks the other side to send a request.
    case refer
    /// RFC 3428: an instant message.
    case message
    /// RFC 3903: publishes an event state.
    case publish

    /// Whether both are the same; `other` is the same as `other`.
    @_noLocks
    public static func == (left: Method, right: Method) -> Bool { left.rawValue == right.rawValue }

    /// The method that stands in `range`; nil when that is no token.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        self.init(bytes, range.lowerBound, range.upperBound)
    }

    @inline(__always) @_noLocks
    init?(_ bytes: borrowing RawSpan, _ start: Int, _ end: Int) {
        let count = end &- start
        let word = count > 0 && bytes.has(8, at: start) ? bytes.word(at: start) : 0
        if let known = Self.known(word, count) {
            self = known
        } else {
            guard let unusual = Self.unusual(bytes, start, end) else { return nil }
            self = unusual
        }
    }

    /// The methods of at most eight bytes, by the word with which the text begins.
    @inline(__always) @_noLocks
    private static func known(_ word: UInt64, _ count: Int) -> Method? {
        switch count {
        case 3:
            let name = Keyword(word, count: 3)
            if name == Keyword("ACK") { return .ack }
            if name == Keyword("BYE") { return .bye }
        case 4: if Keyword(word, count: 4) == Keyword("INFO") { return .info }
        case 5:
            let name = Keyword(word, count: 5)
            if name == Keyword("PRACK") { return .prack }
            if name == Keyword("REFER") { return .refer }
        case 6:
            let name = Keyword(word, count: 6)
            if name == Keyword("INVITE") { return .invite }
            if name == Keyword("CANCEL") { return .cancel }
            if name == Keyword("UPDATE") { return .update }
            if name == Keyword("NOTIFY") { return .notify }
        case 7:
            let name = Keyword(word, count: 7)
            if name == Keyword("OPTIONS") { return .options }
            if name == Keyword("MESSAGE") { return .message }
            if name == Keyword("PUBLISH") { return .publish }
        case 8: if Keyword(word, count: 8) == Keyword("REGISTER") { return .register }
        default: break
        }
        return nil
    }

    /// What is none of these, or too near to the end of the span.
    @inline(never) @_noLocks
    private static func unusual(_ bytes: borrowing RawSpan, _ start: Int, _ end: Int) -> Method? {
        let count = end &- start
        guard count > 0 else { return nil }
        if count <= 8, let known = known(bytes.shortWord(at: start, count: count), count) { return known }
        if count == 9, Keyword(bytes, start..<end) == Keyword("SUBSCRIBE") { return .subscribe }
        for offset in start..<end where !bytes.byte(at: offset).isToken { return nil }
        return .other
    }
}
