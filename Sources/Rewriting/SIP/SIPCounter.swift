import PlainMemory

/// What a worker counts of SIP: every datagram, and every message on a connection, ends in exactly one of the
/// verdicts, and events are counted beside them. `sallyport counters` shows all of them by these names.
public enum SIPCounter: Int, CaseIterable, Sendable {
    // Verdicts on messages.
    case sipEdited, sipPassed, sipForeign, sipMalformed, sipRefused, sipBodiesRefused
    case dropSIPChecksum, dropSIPUnknown, dropSIPFull, dropSIPTooLarge, dropSIPFragment
    case dropSIPIncomplete, sipFragments
    // Events of messages.
    case sipBodiesSigned, sipHostsElsewhere, sipKeepalives, sipPeersFull, sipStreamsUnread, sipErrors, sipUnanswered
    // Events of bindings and registrations.
    case bindingsOpened, bindingsEnded, registrationsOpened, registrationsEnded, registrationsFull
    // Events of calls.
    case callsOpened, callsConfirmed, callsFailed, callsEnded, callsLost, callsFull
    case mediaOpened, mediaClosed, mediaFull, mediaElsewhere, mediaLatched

    /// What is counted, for people.
    public var meaning: String {
        switch self {
        case .sipEdited: "SIP message with addresses translated"
        case .sipPassed: "SIP message that names no address to translate, passed on as it came"
        case .sipForeign: "on the SIP port, and not SIP (keep-alives, STUN), passed on as it came"
        case .sipMalformed: "SIP message that cannot be understood, passed on as it came"
        case .sipRefused: "SIP request answered by the gateway with 503 because a table was full"
        case .sipBodiesRefused:
            "SIP request answered by the gateway with 488, because its body is signed (sip.signed-bodies)"
        case .dropSIPChecksum: "corrupt: checksum wrong"
        case .dropSIPUnknown: "from outside, to a public port that is nobody's, or not SIP from a stranger"
        case .dropSIPFull:
            "datagram of a new inside host refused: no binding or public port free (gateway.conversations)"
        case .dropSIPTooLarge: "message with more to change than there is room for"
        case .dropSIPFragment: "fragments lost: no room, overlapping, impossible, or not of SIP"
        case .dropSIPIncomplete: "datagrams in fragments given up: after two seconds they were not whole"
        case .sipFragments: "fragments of SIP datagrams that were put together"
        case .sipBodiesSigned: "bodies left as they are because the sender has signed them (auth-int)"
        case .sipHostsElsewhere: "addresses of other inside hosts, left as they are"
        case .sipPeersFull: "packets of peers of odd ports whose answers will pass by the gateway: too many such peers"
        case .sipKeepalives: "keep-alives sent by the gateway for registered phones"
        case .sipStreamsUnread:
            "directions of TCP connections passed on unread from where no message could be found any more"
        case .sipErrors: "ICMP errors about SIP datagrams, passed on to whose datagram it was"
        case .sipUnanswered: "SIP requests over TCP refused without an answer: no place or room for one in the stream"
        case .bindingsOpened: "inside endpoints given a public one"
        case .bindingsEnded: "inside endpoints forgotten"
        case .registrationsOpened: "registrations confirmed by a registrar"
        case .registrationsEnded: "registrations that ran out or were taken back"
        case .registrationsFull: "registrations not followed because the table is full"
        case .callsOpened: "calls begun"
        case .callsConfirmed: "calls answered"
        case .callsFailed: "calls not answered, but for challenges"
        case .callsEnded: "calls ended by BYE"
        case .callsLost: "calls ended because media and signalling fell silent"
        case .callsFull: "calls refused because the table is full (gateway.conversations)"
        case .mediaOpened: "media flows opened in XDP"
        case .mediaClosed: "media flows closed in XDP"
        case .mediaFull: "media not translated: no port or slot free (nat.ports, gateway.flows)"
        case .mediaElsewhere: "media announced at an address or port that is not translated, left as it is"
        case .mediaLatched: "media latched on to another source than was announced (RFC 7362)"
        }
    }
}

/// A worker's counters of SIP, in memory that the command line reads.
struct SIPCounters: ~Copyable {
    private let values: Slots<UInt64>

    /// As `Counters.init`.
    init(descriptor: Int32) throws(TableError) {
        values = try Slots(count: SIPCounter.allCases.count, descriptor: descriptor)
    }

    /// Counts one.
    @inline(__always) @_noLocks
    func count(_ counter: SIPCounter) { values.store(values[counter.rawValue] &+ 1, at: counter.rawValue) }

    /// How many were counted.
    @_noLocks
    func value(_ counter: SIPCounter) -> UInt64 { values[counter.rawValue] }
}
