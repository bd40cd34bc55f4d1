import FlowTables
import PlainMemory
import WireFormats

/// The application-level gateway itself: packets and a time in; segments, requests and counters out. It knows nothing
/// of cards, maps, files or clocks, so that a test can be its whole world. It is about TCP; datagrams of SIP are for
/// `sip`, which also translates the messages that come by TCP.
///
/// After each call the caller works off the requests, its own and those of `sip`, and `outbox`, then empties all.
/// Invariants: one thread; a slot of `conversations` is free or known to the index and the port block; every
/// conversation that is not free, and every data connection whose pinhole was opened, has a deadline on the wheel; a
/// conversation is begun to change where a call from outside comes to it, and is whole when the call returns.
public struct Gateway: ~Copyable {
    /// What became of a packet.
    public enum Verdict {
        /// It belongs to a control conversation, and all that follows from it stands in the outbox.
        case done
        /// It is an ICMP error about a control conversation; it goes on as this.
        case error(TranslatedError)
        /// It belongs to no service.
        case foreign
    }

    /// The size of the tables.
    public struct Capacity: Sendable {
        /// Control conversations.
        public var conversations: Int
        /// Data connections.
        public var data: Int

        /// Room for so many of each.
        public init(conversations: Int, data: Int) {
            self.conversations = conversations
            self.data = data
        }
    }

    /// Files in which the tables and counters stand, for others to read; -1 for none.
    public struct Descriptors: Sendable {
        /// For conversations.
        public var conversations: Int32 = -1
        /// For data connections.
        public var data: Int32 = -1
        /// For counters.
        public var counters: Int32 = -1

        /// No files.
        public init() {}
    }

    var conversations: SharedSlots<Conversation>
    var index: FlowIndex
    /// Conversations that were opened from outside, by their public and their outside ends.
    var accepted: FlowIndex
    var free: FreeList
    var pool: BlockPool
    var surroundings: Surroundings
    var wheel: TimerWheel
    var services: Slots<Service>
    var numbers: Numbers
    private let servesSIP: Bool
    /// SIP, over whatever carries it.
    public var sip: SIPGateway
    /// The segments to send.
    public internal(set) var outbox: Outbox

    /// A gateway with empty tables, of one worker: `ports` are those of all workers, of which it uses the slice of its
    /// `share`, where SIP is served without those that SIP needs over TCP. `aim` says on which queues it would like its
    /// packets from outside. `services` are the ports of FTP servers, `sipServices` those of SIP servers, and `sip` works on
    /// the messages. `seed` is 0 for unpredictable ports, and fixed in tests; `now` is the time in nanoseconds of any clock
    /// that only goes forward.
    public init(
        _ capacity: Capacity, addresses: [IPv4Address], ports: ClosedRange<UInt16>, services: [UInt16],
        settings: Settings, seed: UInt64, now: UInt64, descriptors: Descriptors = Descriptors(),
        share: WorkerShare = WorkerShare(), aim: consuming QueueAim? = nil, sipServices: [UInt16] = [],
        sip: consuming SIPGateway? = nil
    ) throws(TableError) {
        var lottery = Lottery(seed: seed)
        let conversations = try SharedSlots<Conversation>(
            count: capacity.conversations, descriptor: descriptors.conversations)
        let indexSeed = lottery.draw()
        let index = try FlowIndex(capacity: capacity.conversations, seed: indexSeed)
        // A quarter at most, so that nobody outside keeps those inside from opening any.
        let accepted = try FlowIndex(
            capacity: sipServices.isEmpty ? 1 : max(1, capacity.conversations / 4), seed: indexSeed)
        let free = try FreeList(count: capacity.conversations)
        let pool = try BlockPool(
            count: max(256, capacity.conversations / 4),
            large: sipServices.isEmpty ? 0 : max(4, capacity.conversations / 128))
        var slice = PortCut(ports, workers: share.count).slice(share.index)
        if !sipServices.isEmpty {
            let last = SIPGateway.connections(of: slice).map { $0.lowerBound - 1 } ?? slice.upperBound
            slice = SIPGateway.signalling(of: slice).upperBound + 1...last
        }
        let block = try PortBlock(addresses, slice)
        let data = try DataConnections(
            capacity: capacity.data, descriptor: descriptors.data, ports: block, aim: aim, lottery: lottery,
            share: share)
        let counters = try Counters(descriptor: descriptors.counters)
        let surroundings = try Surroundings(settings: settings, counters: counters, data: data)
        let wheel = try TimerWheel(count: capacity.conversations + capacity.data, tick: 10_000_000, now: now)
        let outbox = try Outbox()
        let table = try Slots<Service>(count: 65536)
        var sip = if let sip { sip } else { try SIPGateway.off() }
        sip.acceptsConnections = !sipServices.isEmpty
        self.conversations = conversations
        self.index = index
        self.accepted = accepted
        self.free = free
        self.pool = pool
        self.surroundings = surroundings
        self.wheel = wheel
        self.outbox = outbox
        numbers = Numbers(share)
        self.services = table
        servesSIP = !sipServices.isEmpty
        self.sip = sip
        for port in services { self.services[Int(port)] = .ftp }
        for port in sipServices { self.services[Int(port)] = .sip }
    }

    // MARK: For the caller

    /// The conversation in a slot.
    public subscript(slot: Int) -> Conversation {
        @_noLocks get { conversations[slot] }
    }

    /// How many conversations there are.
    public var conversationCount: Int { @_noLocks get { index.count } }

    /// How many buffers are free.
    public var freeBlocks: Int { @_noLocks get { pool.available &+ pool.availableLarge } }

    /// How many public ports are free.
    public var freePorts: Int { @_noLocks get { surroundings.data.ports.available } }

    /// What was counted.
    @_noLocks
    public func counter(_ counter: Counter) -> UInt64 { surroundings.counters.value(counter) }

    /// Counts something that the caller saw.
    @_noLocks
    public func count(_ counter: Counter) { surroundings.counters.count(counter) }

    /// Other settings from now on.
    @_noLocks
    public mutating func set(_ settings: Settings) { surroundings.settings = settings }

    /// Empties the outbox and the list of requests.
    @_noLocks
    public mutating func clear() {
        for _ in 0..<outbox.lost { count(.outboxFull) }
        for _ in 0..<surroundings.data.requestsLost { count(.requestsFull) }
        outbox.clear()
        surroundings.data.clearRequests()
    }

    /// Writes a segment of the outbox as an IPv4 packet; see `SegmentWriter`.
    @_noLocks
    public func write(
        _ segment: OutgoingSegment, cause: TCPPacket?, _ original: borrowing RawSpan,
        into frame: inout MutableRawSpan, at network: Int
    ) -> Int {
        SegmentWriter.write(segment, pool, cause: cause, original, into: &frame, at: network)
    }

    // MARK: Packets

    /// The ends of the control conversation that a frame is part of, or that it is an ICMP error about; nil if it belongs
    /// to no service. Where SIP is served any may be, since outside ends may have any port. `segment` is as for `receive`.
    @_noLocks
    public func ends(of frame: borrowing RawSpan, _ segment: TCPPacket?, from side: Side) -> ControlEnds? {
        var ends: ControlEnds
        if let segment {
            ends = ControlEnds(side: side, near: segment.source, far: segment.destination)
            if side == .outside { ends = ControlEnds(side: side, near: segment.destination, far: segment.source) }
        } else {
            // The quoted packet went the other way.
            guard let error = QuotedError(frame), !error.isDatagram else { return nil }
            ends = ControlEnds(side: side, near: error.source, far: error.destination)
            if side == .inside { ends = ControlEnds(side: side, near: error.destination, far: error.source) }
        }
        return servesSIP || isServed(ends.far.port) ? ends : nil
    }

    /// Whether a conversation between these ends is one of FTP.
    @_noLocks
    public func isFTP(_ ends: ControlEnds) -> Bool {
        if case .ftp = services[Int(ends.far.port)] { return true }
        return false
    }

    @_noLocks
    private func isServed(_ port: UInt16) -> Bool {
        if case .none = services[Int(port)] { return false }
        return true
    }

    /// Works on a frame that arrived on a side. `segment` is what it holds, decoded, if it is TCP.
    @_noLocks
    public mutating func receive(
        _ frame: RawSpan, _ segment: TCPPacket?, from side: Side, now: UInt64
    ) -> Verdict {
        surroundings.now = now
        guard let segment else { return receiveError(frame, from: side) }
        let port = side == .inside ? segment.destination.port : segment.source.port
        guard isServed(port) || servesSIP && isOfContact(segment, from: side) else { return .foreign }
        guard segment.isIntact(frame) else {
            count(.dropChecksum)
            return .done
        }
        if let slot = find(segment, from: side) {
            conversations.beginChange(of: slot)
            receive(segment, frame, from: side, slot: slot)
            outboxIsFor(slot)
            schedule(slot)
            conversations.endChange(of: slot)
        } else {
            receiveFirst(segment, from: side)
        }
        return .done
    }

    @_noLocks
    private func find(_ segment: TCPPacket, from side: Side) -> Int? {
        if side == .inside { return index.find(segment.source, segment.destination) }
        return find(translated: segment.destination, segment.source)
    }

    @_noLocks
    func find(translated: Endpoint, _ outside: Endpoint) -> Int? {
        if case .conversation(let slot)? = surroundings.data.ports.owner(of: translated),
            conversations[slot].outside == outside
        {
            return slot
        }
        return accepted.find(translated, outside)
    }

    /// Whether a segment whose outside end has no port of a service is of a conversation all the same, or may open one.
    @_noLocks
    private func isOfContact(_ segment: TCPPacket, from side: Side) -> Bool {
        if find(segment, from: side) != nil { return true }
        guard side == .outside else { return false }
        if sip.bindings.find(translatedContact: segment.destination) != nil { return true }
        guard case .conversation(let slot)? = surroundings.data.ports.owner(of: segment.destination),
            case .sip = conversations[slot].service
        else { return false }
        return true
    }

    @_noLocks
    private mutating func receive(_ segment: TCPPacket, _ frame: RawSpan, from side: Side, slot: Int) {
        let phase = conversations[slot].phase
        if segment.flags.has(.syn) {
            receiveSyn(segment, from: side, slot: slot)
        } else if segment.flags.has(.rst) {
            receiveReset(segment, from: side, slot: slot)
        } else if phase == .opening || !segment.flags.has(.ack) {
            count(.dropSequence)
        } else if phase == .reset {
            // The RST may have been lost, or have missed the number that its target expects (RFC 5961 section 3).
            count(.answerUnknown)
            answerUnknown(segment, toward: side)
        } else {
            receiveOpen(segment, frame, from: side, slot: slot)
        }
    }

    /// RST: passed on where the other end will take it for its own; it ends the conversation if it is within a window
    /// of what is expected, so that nobody can do that blindly (RFC 5961 section 3).
    @_noLocks
    private mutating func receiveReset(_ segment: TCPPacket, from side: Side, slot: Int) {
        let own = Int(side.rawValue)
        if conversations[slot].phase == .opening {
            let opener = conversations[slot].opener
            let next = conversations[slot].connection.streams[Int(opener.rawValue)].next
            guard side == opener || segment.acknowledgement == next else { return count(.dropSequence) }
            pass(segment, toward: side.other, slot: slot)
        } else {
            let distance = conversations[slot].connection.streams[own].next.distance(to: segment.sequence)
            guard distance > -65536, distance < 65536 else { return count(.dropSequence) }
            conversations[slot].connection.passReset(segment, from: side, &outbox)
        }
        count(.acceptReset)
        conversations[slot].heard[own] = surroundings.now
        finish(slot, .reset)
    }

    @_noLocks
    private mutating func receiveOpen(_ segment: TCPPacket, _ frame: RawSpan, from side: Side, slot: Int) {
        guard let taken = conversations[slot].connection.take(segment, frame, from: side, &pool) else {
            count(.dropAcknowledgement)
            return conversations[slot].connection.restate(to: side, &outbox)
        }
        conversations[slot].heard[Int(side.rawValue)] = surroundings.now
        switch taken.arrival {
        case .refused where segment.sequence > conversations[slot].connection.streams[Int(side.rawValue)].next:
            count(.dropOutOfOrder)
        case .refused: count(.dropBlocksExhausted)
        default: count(.acceptSegment)
        }
        // A reply may let commands go on that waited for it, and an acknowledgement makes room.
        conversations[slot].inspect(side, slot: slot, &pool, &surroundings, &sip)
        conversations[slot].inspect(side.other, slot: slot, &pool, &surroundings, &sip)
        conversations[slot].connection.respond(
            segment, taken.arrival, hasNews: taken.hasNews, from: side, &outbox, surroundings.counters)
        conversations[slot].connection.flush(toward: side, &outbox)
        if conversations[slot].connection.isFinished, conversations[slot].phase == .open { finish(slot, .closed) }
    }

    /// Sends a SYN, a SYN-ACK, or the RST to one, on as it is but for addresses: before the first edit the numbers of
    /// both ends agree. Data on a SYN is left out, which its sender repeats (RFC 7413 section 4.2.2).
    @_noLocks
    mutating func pass(_ segment: TCPPacket, toward side: Side, slot: Int) {
        var outgoing = OutgoingSegment()
        outgoing.toward = side
        outgoing.keepsHeaders = true
        outgoing.sequence = segment.sequence
        outgoing.acknowledgement = segment.acknowledgement
        outgoing.flags = TCPFlags(rawValue: segment.flags.rawValue & 0x3f).without(.psh).without(.fin)
        // All that may come toward here finds room.
        let room = conversations[slot].connection.streams[Int(side.rawValue)].buffer.room
        outgoing.window = min(segment.window, UInt16(truncatingIfNeeded: room))
        outbox.append(outgoing)
    }

    /// RST to a segment of no conversation (RFC 9293 section 3.10.7.1).
    @_noLocks
    mutating func answerUnknown(_ segment: TCPPacket, toward side: Side) {
        var outgoing = OutgoingSegment()
        outgoing.toward = side
        outgoing.source = segment.destination
        outgoing.destination = segment.source
        outgoing.sequence = segment.acknowledgement
        outgoing.acknowledgement = segment.sequence.advanced(
            by: segment.payload.count &+ (segment.flags.has(.fin) ? 1 : 0))
        outgoing.flags = segment.flags.has(.ack) ? .rst : TCPFlags.rst.with(.ack)
        outbox.append(outgoing)
    }

    /// Gives what the conversation sends its addresses.
    @_noLocks
    mutating func outboxIsFor(_ slot: Int) {
        for place in 0..<outbox.count { outbox.address(place, as: conversations[slot], slot) }
    }
}
