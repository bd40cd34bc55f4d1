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
        let count = range.count
        guard count > 0 else { return nil }
        if count <= 9, let known = Self.known(Keyword(bytes, range), count) {
            self = known
            return
        }
        for offset in range where !bytes.byte(at: offset).isToken { return nil }
        self = .other
    }

    @inline(__always) @_noLocks
    private static func known(_ name: Keyword, _ count: Int) -> Method? {
        switch count {
        case 3:
            if name == Keyword("ACK") { return .ack }
            if name == Keyword("BYE") { return .bye }
        case 4: if name == Keyword("INFO") { return .info }
        case 5:
            if name == Keyword("PRACK") { return .prack }
            if name == Keyword("REFER") { return .refer }
        case 6:
            if name == Keyword("INVITE") { return .invite }
            if name == Keyword("CANCEL") { return .cancel }
            if name == Keyword("UPDATE") { return .update }
            if name == Keyword("NOTIFY") { return .notify }
        case 7:
            if name == Keyword("OPTIONS") { return .options }
            if name == Keyword("MESSAGE") { return .message }
            if name == Keyword("PUBLISH") { return .publish }
        case 8: if name == Keyword("REGISTER") { return .register }
        case 9: if name == Keyword("SUBSCRIBE") { return .subscribe }
        default: break
        }
        return nil
    }
}
