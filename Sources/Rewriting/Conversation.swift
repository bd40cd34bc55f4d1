import FlowTables
import WireFormats

/// A control conversation: its three endpoints, its edited connection, its session.
///
/// Invariant: while `phase` is not `.free` the index finds the slot by `inside` and `outside`; one that was opened from
/// inside the port block finds by `translated`, and one from outside another index by `translated` and `outside`.
public struct Conversation: BitwiseCopyable {
    /// How far it has come.
    public enum Phase: UInt8, BitwiseCopyable, Sendable {
        /// The slot is free.
        case free = 0
        /// A SYN was seen.
        case opening
        /// Both SYNs were seen.
        case open
        /// Both FINs were acknowledged.
        case closed
        /// Reset by an end, or given up by the gateway.
        case reset

        /// Whether both are the same.
        @_noLocks
        public static func == (left: Phase, right: Phase) -> Bool { left.rawValue == right.rawValue }
    }

    /// How far it has come.
    public internal(set) var phase = Phase.free
    /// Its number, different from those of other conversations for as long as anybody remembers.
    public internal(set) var number: UInt32 = 0
    /// The end on the inside.
    public internal(set) var inside = Endpoint(IPv4Address(0), 0)
    /// The public endpoint that stands for the inside end.
    public internal(set) var translated = Endpoint(IPv4Address(0), 0)
    /// The end on the outside.
    public internal(set) var outside = Endpoint(IPv4Address(0), 0)
    /// The side whose end has opened it: the inside, but for SIP.
    let opener: Side
    /// When it began, in nanoseconds of the monotonic clock.
    public internal(set) var opened: UInt64 = 0
    /// When each side was last heard, by the side's number.
    public internal(set) var heard = [2 of UInt64](repeating: 0)
    /// When one of its data connections, a registration or a call was last seen alive, or 0.
    public internal(set) var dataSeen: UInt64 = 0
    /// When it was last sent a keep-alive, or 0.
    var keptAlive: UInt64 = 0
    var connection: EditedConnection
    /// The session, where the connection is of FTP.
    var session = FTPSession(clientSide: .inside)
    /// The session, where the connection is of SIP.
    var sip = SIPSession()

    /// A conversation with a port of a service, or one that an outside end opens.
    @_noLocks
    init(_ service: Service, openedFrom opener: Side = .inside) {
        connection = EditedConnection(service)
        self.opener = opener
    }

    /// What is said in it.
    var service: Service { @_noLocks get { connection.service } }

    /// When anything was last heard of it.
    public var lastHeard: UInt64 { @_noLocks get { max(max(heard[0], heard[1]), dataSeen) } }

    /// Since when neither side was heard or sent a keep-alive. A data connection does not count: its packets keep no
    /// other box on the path from forgetting the control connection.
    var quietSince: UInt64 { @_noLocks get { max(max(heard[0], heard[1]), keptAlive) } }

    /// What a session needs to know of it.
    @_noLocks
    func ends(_ slot: Int) -> Ends { Ends(inside: inside, outside: outside, slot: slot, conversation: number) }

    /// Fills in the addresses that a segment of it carries toward a side.
    @_noLocks
    func address(_ segment: inout OutgoingSegment, slot: Int) {
        segment.conversation = slot
        if segment.toward == .outside {
            segment.source = translated
            segment.destination = outside
        } else {
            segment.source = outside
            segment.destination = inside
        }
    }

    /// Lets the session decide about all that is held in the stream from a side, as far as it can.
    @_noLocks
    mutating func inspect(
        _ side: Side, slot: Int, _ pool: inout BlockPool, _ surroundings: inout Surroundings,
        _ gateway: inout SIPGateway
    ) {
        let index = Int(side.rawValue)
        let ends = self.ends(slot)
        connection.streams[index].enlarge(&pool)
        // Without room for a replacement what is held stays, until the target has acknowledged something: a session is
        // asked only about what it can have done, since asking changes it.
        while connection.streams[index].buffer.held > 0, connection.streams[index].buffer.canGrow {
            switch inspectHeld(side, ends, pool, &surroundings, &gateway) {
            case .wait: return
            case .pass(let count): connection.streams[index].pass(count)
            case .replace(let count, let length): replace(index, count, length, &pool, surroundings)
            case .answer(let count):
                replace(index, count, 0, &pool, surroundings)
                if !answer(side, &pool, gateway) { gateway.count(.sipUnanswered) }
            }
        }
        connection.streams[index].finishIfDue()
    }

    /// Exempt from `@_noLocks` because it holds a span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis")
    mutating func inspectHeld(
        _ side: Side, _ ends: Ends, _ pool: borrowing BlockPool, _ surroundings: inout Surroundings,
        _ gateway: inout SIPGateway
    ) -> Inspection {
        let stream = Int(side.rawValue)
        let isEnd = connection.streams[stream].finish == .received
        let isAnswered = connection.streams[Int(side.other.rawValue)].finish == .open
        let bytes = connection.streams[stream].buffer.heldBytes(pool)
        if case .sip = service { return sip.inspect(bytes, from: side, isEnd: isEnd, &surroundings, &gateway) }
        return session.inspect(bytes, from: side, isEnd: isEnd, isAnswered: isAnswered, ends, &surroundings)
    }

    /// Lets a side read what the gateway itself says, between two messages of the other side; false where it is not known
    /// where those end, or there is no room.
    ///
    /// Exempt from `@_noLocks` because it holds a span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis")
    private mutating func answer(_ side: Side, _ pool: inout BlockPool, _ gateway: borrowing SIPGateway) -> Bool {
        sip.isRead(side.other) && connection.streams[Int(side.other.rawValue)].insert(gateway.ownMessage, &pool)
    }

    /// Exempt from `@_noLocks` because it holds a span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis")
    private mutating func replace(
        _ index: Int, _ count: Int, _ length: Int, _ pool: inout BlockPool, _ surroundings: borrowing Surroundings
    ) {
        connection.streams[index].replace(
            count, by: surroundings.workbench.bytes(Surroundings.bench, 0..<length), length, &pool)
    }
}
