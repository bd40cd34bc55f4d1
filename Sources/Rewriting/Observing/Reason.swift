import WireFormats

/// Why something is changed in a message.
public enum Reason: String, CaseIterable, Sendable {
    // Of SIP, the header section.
    case requestURI, via, source, contact, route, identity, contentLength
    // Of SIP, bodies.
    case mediaPort, mediaAddress, mediaPath, control, candidate, origin, ice, partLength
    // Of SIP over TCP.
    case lost
    // Of FTP.
    case announcement, passive, refusal, refusalReply, remainder
    // Of both.
    case other

    /// The reason in words, for a message that came from a side.
    public func text(from side: Side) -> String { side == .inside ? outward : inward }

    private var outward: String {
        switch self {
        case .requestURI: "an endpoint of the inside is known by its public one outside"
        case .via: "the sender's address becomes its public endpoint, so that responses come back (RFC 3261 18.2.2)"
        case .contact:
            "the phone's address becomes its public endpoint, so that later requests come back (RFC 3261 8.1.1.8)"
        case .route: "an inside proxy stays on the route by its public endpoint (RFC 3261 16.6, RFC 3327)"
        case .identity: "who has an inside address for a name is known outside by the public endpoint (RFC 3261 20.20)"
        case .mediaPort: "the phone's media come to a public port, an even one, and RTCP to the next (RFC 3550 11)"
        case .mediaAddress: "the other end sends its media to the public address (RFC 8866 5.7)"
        case .mediaPath: "the other end connects to where the URI leads (RFC 4975 8.1)"
        case .control: "RTCP comes to a public port, too (RFC 3605)"
        case .candidate:
            "the default destination stays among the candidates, or ICE would see a mismatch (RFC 8839 4.2.5)"
        case .origin: "the inside address is of no use outside, and not to be shown there (RFC 8866 5.2)"
        case .announcement:
            "the server connects to a public endpoint, which leads to the client's own (RFC 959 4.1.2, RFC 2428 2)"
        case .passive: "clients connect to a public endpoint, which leads to the server's own (RFC 959 4.2, RFC 2428 3)"
        default: common
        }
    }

    private var inward: String {
        switch self {
        case .requestURI:
            "the public endpoint becomes the Contact again that the phone knows as its own (RFC 3261 12.2)"
        case .via: "the phone finds in it what it has sent, by which it knows its response (RFC 3261 17.1.3, 18.1.2)"
        case .contact: "the phone finds its own contact, as it has registered or offered it (RFC 3261 10.2.4)"
        case .route: "the inside proxy finds its own address on the route (RFC 3261 16.4)"
        case .identity: "the inside finds the address that it has used for a name"
        case .mediaPort, .mediaAddress, .mediaPath, .control, .candidate:
            "the public endpoint is another phone's of this site, and both talk to each other directly"
        default: common
        }
    }

    /// What is the same in both directions.
    private var common: String {
        switch self {
        case .source: "the phone sees where its packets come from as if there were no translator (RFC 3581)"
        case .contentLength: "the body has become longer or shorter (RFC 3261 20.14)"
        case .partLength: "the part of the body has become longer or shorter (RFC 2045)"
        case .ice: "the operator has ICE taken out (sip.ice: strip), so that the default destination is used"
        case .lost: "a table is full, and nobody can be answered in the middle of a stream"
        case .refusal: "the command is refused: a NOOP takes its place, so that the server's replies stay in step"
        case .refusalReply: "the client reads why its command was refused, in place of the reply to the NOOP"
        case .remainder: "it belongs to a command or reply that is refused"
        default: "an endpoint of the inside is known by its public one outside"
        }
    }
}
