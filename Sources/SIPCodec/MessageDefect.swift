/// Why bytes are no SIP message that the gateway can act on.
public enum MessageDefect: Error, BitwiseCopyable, Hashable, Sendable {
    /// It does not begin as SIP does: a keep-alive, STUN (RFC 5626 section 3.5), another protocol.
    case notSIP
    /// On a stream: so far it may be a message, and more has to come. In a datagram: the header section does not end.
    case incomplete
    /// The first line is of SIP, and breaks its grammar (RFC 3261 sections 7.1, 7.2), where spaces are single.
    case startLine
    /// Another version than SIP/2.0.
    case version
    /// A CR without LF in the header section, which some implementations take for the end of a line, and others do not.
    case bareCarriageReturn
    /// A field without which there is no transaction or dialog (RFC 3261 section 8.1.1), or no end of the message on a
    /// stream (section 18.3).
    case missing(HeaderName)
    /// A field that must not occur more than once, or Content-Length twice with different values.
    case repeated(HeaderName)
    /// A field whose value breaks its grammar or range: CSeq, Content-Length (0 to 65535).
    case malformed(HeaderName)
    /// The CSeq of a request names another method than its first line (RFC 3261 section 8.1.1.5).
    case methodsDiffer
    /// Content-Length reaches beyond the datagram (RFC 3261 section 18.3): a request is answered by 400, a response
    /// discarded.
    case bodyTooShort
    /// More header fields of interest than `HeaderRows` holds.
    case tooManyHeaders
}
