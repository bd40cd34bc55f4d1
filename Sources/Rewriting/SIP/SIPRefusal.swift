/// Why the gateway answers a request itself.
enum SIPRefusal {
    /// A table is full, or there are no ports: the caller may try again (RFC 3261 section 21.5.4).
    case noRoom
    /// Its sender has signed the session description (`qop=auth-int`), which could not be read without being edited, and the
    /// operator wants no media that nobody hears (section 21.4.26).
    case signedBody

    /// The first line of the answer.
    var statusLine: StaticString {
        @_noLocks get {
            switch self {
            case .noRoom: "SIP/2.0 503 Service Unavailable\r\n"
            case .signedBody: "SIP/2.0 488 Not Acceptable Here\r\n"
            }
        }
    }

    /// The header fields that belong to it.
    var fields: StaticString {
        @_noLocks get {
            switch self {
            case .noRoom: "Retry-After: 30\r\n"
            case .signedBody: "Warning: 399 sallyport \"Session description signed by qop=auth-int\"\r\n"
            }
        }
    }
}
