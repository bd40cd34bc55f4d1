import PlainMemory

/// What the worker counts: every packet that reaches it ends in exactly one of the verdicts, and events are counted
/// beside them. `sallyport counters` shows all of them by these names.
public enum Counter: Int, CaseIterable, Sendable {
    // Verdicts on packets.
    case acceptOpening, acceptSegment, acceptReset, acceptError
    case answerUnknown
    case dropChecksum, dropUnknown, dropTableFull, dropPortsExhausted, dropBlocksExhausted
    case dropSequence, dropAcknowledgement, dropOutOfOrder
    case flowSent, flowAnswered, dropUnknownFlow, dropForeign
    // What the worker sends.
    case sent, waited
    case dropNoRoute, dropNoNeighbour, dropWaitingRoomFull, dropNoFrame, dropTooBig, dropErrorsLimited
    // Events of a stream.
    case editedCommands, editedReplies, heldLines, ownAcknowledgements, ownRetransmissions, ownResets, keepalives
    case parkedSegments, splitSegments, outboxFull, requestsFull
    // Events of FTP.
    case refusedAddress, refusedPort, refusedSyntax, refusedFamily, refusedLength, refusedLongPort, refusedAfterAll
    case refusedResources
    case unsolicitedReplies, unsolicitedPassive, passiveElsewhere, passiveMalformed, pipelineFull
    case tlsStarted, tlsEnded
    // Events of data connections.
    case pinholesOpened, pinholesRefused, pinholesUsed, pinholesExpired, pinholesClosed, flowsEnded
    // Events of conversations.
    case conversationsOpened, conversationsEnded, conversationsTimedOut

    /// What is counted, for people.
    public var meaning: String {
        switch self {
        case .acceptOpening: "SYN or SYN-ACK of a control conversation"
        case .acceptSegment: "segment of a control conversation"
        case .acceptReset: "RST of a control conversation"
        case .acceptError: "ICMP error about a control conversation"
        case .answerUnknown: "segment of a conversation that is not known or was reset, answered with RST"
        case .dropChecksum: "corrupt: checksum wrong"
        case .dropUnknown: "from outside, of a conversation that is not known"
        case .dropTableFull: "SYN refused: conversation table full (gateway.conversations)"
        case .dropPortsExhausted: "SYN refused: no public port free (nat.ports)"
        case .dropBlocksExhausted: "segment refused: no room in a buffer or no buffer free, the sender repeats it"
        case .dropSequence: "segment or RST outside of the window"
        case .dropAcknowledgement: "segment acknowledges what was never sent"
        case .dropOutOfOrder: "segment before its turn that found no room to wait, the sender repeats it"
        case .flowSent: "packet of a data connection that XDP could not send, translated and sent by the worker"
        case .flowAnswered: "packet that cannot go on, answered with an ICMP error"
        case .dropUnknownFlow: "packet of a data connection that has just ended, or media from a stranger"
        case .dropForeign: "neither TCP nor UDP, or malformed"
        case .sent: "packets sent by the worker"
        case .waited: "packets that waited for their next hop's address"
        case .dropNoRoute: "packets lost: no route, or it leads to no configured interface"
        case .dropNoNeighbour: "packets lost: the next hop did not answer"
        case .dropWaitingRoomFull: "packets lost: too many waited for their next hop's address"
        case .dropNoFrame: "packets lost: no frame free"
        case .dropTooBig: "packets lost: too big for their link; smaller ones follow"
        case .dropErrorsLimited: "ICMP errors not sent because there were too many in this second"
        case .editedCommands: "commands rewritten"
        case .editedReplies: "replies rewritten"
        case .heldLines: "segments whose end was held as an incomplete line"
        case .ownAcknowledgements: "acknowledgements sent on the target's behalf"
        case .ownRetransmissions: "segments repeated by the gateway"
        case .ownResets: "conversations reset by the gateway, its repetitions not being acknowledged"
        case .keepalives: "keep-alives sent by the gateway"
        case .parkedSegments: "segments that waited for their predecessors"
        case .splitSegments: "segments that no longer fitted and became two"
        case .outboxFull: "segments lost because one packet caused too many"
        case .requestsFull: "changes to pinholes and flows lost because one packet caused too many"
        case .refusedAddress: "PORT or EPRT to another host than the sender"
        case .refusedPort: "PORT or EPRT to a port below 1024"
        case .refusedSyntax: "PORT or EPRT that cannot be understood"
        case .refusedFamily: "EPRT of another address family"
        case .refusedLength: "command line too long"
        case .refusedLongPort: "LPRT"
        case .refusedAfterAll: "PORT, EPRT or PASV after EPSV ALL"
        case .refusedResources: "PORT or EPRT for want of a data connection slot or public port"
        case .unsolicitedReplies: "replies that no command asked for"
        case .unsolicitedPassive: "227 or 229 that no command asked for"
        case .passiveElsewhere: "227 that names another host than the server, passed without a pinhole"
        case .passiveMalformed: "227 or 229 that cannot be understood, passed without a pinhole"
        case .pipelineFull: "times commands waited because too many were unanswered"
        case .tlsStarted: "conversations gone over to TLS"
        case .tlsEnded: "conversations back from TLS"
        case .pinholesOpened: "pinholes opened"
        case .pinholesRefused: "pinholes that found no room in the map (gateway.flows)"
        case .pinholesUsed: "pinholes used by a data connection"
        case .pinholesExpired: "pinholes shut unused by time"
        case .pinholesClosed: "pinholes shut unused by a newer one or with their conversation"
        case .flowsEnded: "data connections ended"
        case .conversationsOpened: "conversations opened"
        case .conversationsEnded: "conversations ended"
        case .conversationsTimedOut: "conversations ended because a side fell silent"
        }
    }
}

/// The worker's counters, in memory that the command line reads.
public struct Counters: ~Copyable {
    private let values: Slots<UInt64>

    /// All zero; in a file if there is a descriptor for one, else -1.
    public init(descriptor: Int32) throws(TableError) {
        values = try Slots(count: Counter.allCases.count, descriptor: descriptor)
    }

    /// Counts one.
    @inline(__always) @_noLocks
    public func count(_ counter: Counter) { values.store(values[counter.rawValue] &+ 1, at: counter.rawValue) }

    /// How many were counted.
    @_noLocks
    public func value(_ counter: Counter) -> UInt64 { values[counter.rawValue] }
}
