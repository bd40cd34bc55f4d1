/// What a request asks for (RFC 3261 section 7.1). Methods are case-sensitive, and every token is a legal one.
public enum Method: UInt8, Hashable, Sendable {
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
}
