import FlowTables
import PlainMemory
import WireFormats

/// Watches conversations and messages, as the ends see them without a gateway, and says what the gateway would change,
/// open and count. It changes nothing, so both number spaces of a stream are one here.
///
/// Not for the packet path: it allocates. Invariant: what a stream has read is acknowledged at once, so that no buffer
/// outlives a packet unless a line, a message or a gap is open.
public struct Observer: ~Copyable {
    struct Ends: Hashable {
        var inside: Endpoint
        var outside: Endpoint
    }

    var conversations: [Ends: Conversation] = [:]
    var pool: BlockPool
    var surroundings: Surroundings
    var sip: SIPGateway
    private var reassembly: Reassembly
    let plan: ObserverPlan
    let services: [UInt16: Service]
    let sipPorts: Set<UInt16>
    /// The ends of media that would be open, and when a packet last passed between them.
    var seen: [Ends: UInt64] = [:]
    private var lastNumber: UInt32 = 0

    /// An observer that thinks as a gateway of this plan; `now` is the time in nanoseconds, not 0, as for `receive`.
    public init(_ plan: ObserverPlan, now: UInt64) throws(TableError) {
        let block = try PortBlock(plan.addresses, plan.ports)
        let data = try DataConnections(
            capacity: 4096, descriptor: -1, ports: block, lottery: Lottery(seed: plan.seed))
        let surroundings = try Surroundings(
            settings: plan.settings, counters: try Counters(descriptor: -1), data: data)
        let pool = try BlockPool(count: 1024, large: 32)
        let reassembly = try Reassembly(capacity: 64)
        var sip = try SIPGateway(
            SIPGateway.Capacity(bindings: 8192, registrations: 4096, calls: 4096, media: 16384),
            addresses: plan.addresses, ports: plan.ports, settings: plan.sipSettings,
            table: PublicEndpoints.Table(plan.addresses, plan.ports), seed: plan.seed, now: now)
        sip.acceptsConnections = !plan.sipPortsOfTCP.isEmpty
        var services: [UInt16: Service] = [:]
        for port in plan.sipPortsOfTCP { services[port] = .sip }
        for port in plan.ftpPorts { services[port] = .ftp }
        self.surroundings = surroundings
        self.pool = pool
        self.reassembly = reassembly
        self.sip = sip
        self.plan = plan
        self.services = services
        sipPorts = Set(plan.sipPortsOfUDP)
    }

    /// Everything that was counted, with its meaning; nothing that is zero.
    public var counters: [(name: String, meaning: String, count: UInt64)] {
        let tally = tally()
        let general = Counter.allCases.map { ("\($0)", $0.meaning, tally.general[$0.rawValue]) }
        let own = SIPCounter.allCases.map { ("\($0)", $0.meaning, tally.sip[$0.rawValue]) }
        return (general + own).filter { $0.2 > 0 }
    }

    /// Reads a packet that came from a side; `now` is the time in nanoseconds, and never goes back.
    public mutating func receive(_ frame: RawSpan, from side: Side, now: UInt64) -> [Observation] {
        surroundings.now = now
        while sip.expire(now: now) { _ = openings() }
        if let segment = TCPPacket(frame) { return receive(frame, segment, from: side) }
        guard let packet = IPv4Packet(frame) else { return [] }
        if packet.isFragment, packet.protocolNumber == 17 { return receive(frame, fragment: packet, from: side) }
        guard let datagram = UDPPacket(packet, frame) else { return [] }
        return receive(frame, datagram, from: side)
    }

    /// Works on a datagram once all of it has come.
    private mutating func receive(_ frame: RawSpan, fragment: IPv4Packet, from side: Side) -> [Observation] {
        while reassembly.expire(now: surroundings.now) {}
        guard case .complete(let slot) = reassembly.add(fragment, frame, now: surroundings.now) else { return [] }
        let bytes = reassembly.whole(slot)
        reassembly.release(slot)
        // Unsafe in name only: octets are read as octets.
        let datagram = unsafe bytes.span.bytes
        guard let packet = IPv4Packet(datagram), let message = UDPPacket(packet, datagram) else { return [] }
        return receive(datagram, message, from: side)
    }

    // MARK: Streams

    private mutating func receive(_ frame: RawSpan, _ segment: TCPPacket, from side: Side) -> [Observation] {
        let isInside = side == .inside
        let ends = Ends(
            inside: isInside ? segment.source : segment.destination,
            outside: isInside ? segment.destination : segment.source)
        guard let service = services[ends.outside.port] else { return [] }
        if isInside, segment.flags.has(.syn), !segment.flags.has(.ack) { open(ends, service, segment) }
        guard var conversation = conversations.removeValue(forKey: ends) else { return [] }
        if segment.flags.has(.syn), !isInside { conversation.connection.answer(by: side, segment, &pool) }
        var observations: [Observation] = []
        if !segment.flags.has(.syn), !segment.flags.has(.rst) {
            observations = take(segment, frame, from: side, &conversation)
        }
        if segment.flags.has(.rst) || segment.flags.has(.fin) {
            close(&conversation)
        } else {
            conversations[ends] = conversation
        }
        return observations
    }

    private mutating func open(_ ends: Ends, _ service: Service, _ segment: TCPPacket) {
        if var known = conversations.removeValue(forKey: ends) { close(&known) }
        lastNumber &+= 1
        var conversation = Conversation(service)
        conversation.number = lastNumber
        conversation.inside = ends.inside
        conversation.outside = ends.outside
        conversation.connection.open(by: .inside, segment)
        if case .sip = service {
            let slot = Int(lastNumber)
            guard
                let translated = surroundings.data.takePort(
                    for: ends.inside.address, to: ends.outside, conversation: slot),
                let binding = sip.open(
                    connection: ends.inside, translated: translated, to: ends.outside, from: .inside,
                    now: surroundings.now)
            else { return surroundings.counters.count(.dropTableFull) }
            conversation.translated = translated
            conversation.sip = SIPSession(binding: binding)
        }
        conversations[ends] = conversation
    }

    private mutating func close(_ conversation: inout Conversation) {
        conversation.session.close(&surroundings)
        conversation.sip.close(&sip)
        conversation.connection.release(&pool)
        surroundings.data.ports.give(conversation.translated)
        _ = openings()
    }

    /// Takes in a segment, part by part where it is larger than the buffer, and reads what has become readable.
    private mutating func take(
        _ segment: TCPPacket, _ frame: RawSpan, from side: Side, _ conversation: inout Conversation
    ) -> [Observation] {
        let stream = Int(side.rawValue)
        var observations: [Observation] = []
        var from: SequenceNumber
        repeat {
            from = conversation.connection.streams[stream].next
            let arrival = conversation.connection.streams[stream].receive(segment, frame, &pool)
            if case .refused = arrival { surroundings.counters.count(.dropOutOfOrder) }
            conversation.connection.streams[stream].enlarge(&pool)
            observations += read(&conversation, side)
        } while from < conversation.connection.streams[stream].next
            && conversation.connection.streams[stream].next < segment.sequence.advanced(by: segment.payload.count)
        return observations
    }

    /// Lets the session read what it can from a side, and then what waited for that on the other.
    private mutating func read(_ conversation: inout Conversation, _ side: Side) -> [Observation] {
        readOne(&conversation, side) + readOne(&conversation, side.other)
    }

    private mutating func readOne(_ conversation: inout Conversation, _ side: Side) -> [Observation] {
        let stream = Int(side.rawValue)
        var observations: [Observation] = []
        while conversation.connection.streams[stream].buffer.held > 0 {
            let held = conversation.held(side, pool)
            let before = tally()
            let (message, inspection) = inspect(held, side, &conversation)
            var count = 0
            var changes: [Change] = []
            switch inspection {
            case .wait: return observations
            case .pass(let length): count = length
            case .answer(let length): count = length
            case .replace(let length, let changed):
                count = length
                changes = self.changes(of: Array(message.prefix(count)), conversation.service, changed)
            }
            // What was made public stands in the head of the first message, behind line ends before it.
            let growth = count > Reason.head(of: held).lowerBound ? message.count - held.count : 0
            conversation.connection.streams[stream].pass(count - growth)
            conversation.connection.streams[stream].acknowledgeAll(&pool)
            observations += observe(
                Observation(
                    service: conversation.isSIP ? .sip : .ftp, transport: .tcp,
                    source: side == .inside ? conversation.inside : conversation.outside,
                    destination: side == .inside ? conversation.outside : conversation.shown, side: side,
                    message: Array(message.prefix(count)), isAdapted: conversation.isSIP && side == .outside,
                    changes: changes, openings: openings(), remarks: remarks(since: before)))
        }
        return observations
    }

    /// What the session decides about the bytes held, and these as it got them: what is from outside names the public
    /// endpoint of its connection, as far as its sender can have known it.
    private mutating func inspect(
        _ held: [UInt8], _ side: Side, _ conversation: inout Conversation
    ) -> (message: [UInt8], Inspection) {
        guard conversation.isSIP, side == .outside, Reason.head(of: held).upperBound < held.count else {
            // A head that is not whole yet cannot be made public, and must not be known to the session in part.
            let progress = conversation.sip
            let inspection = conversation.inspectHeld(
                side, conversation.ends(Int(conversation.number)), pool, &surroundings, &sip)
            if conversation.isSIP, side == .outside, case .wait = inspection { conversation.sip = progress }
            return (held, inspection)
        }
        let (inside, translated) = (conversation.inside.address, conversation.translated)
        let message = Publication(transport: .tcp, destination: translated).publish(held) {
            $0.address == inside ? translated : nil
        }
        let isEnd = conversation.connection.streams[Int(side.rawValue)].finish == .received
        // Unsafe in name only: octets are read as octets.
        let inspection = unsafe conversation.sip.inspect(
            message.span.bytes, from: side, isEnd: isEnd, &surroundings, &sip)
        return (message, inspection)
    }

    /// What the session would have changed, which stands on the workbench, `length` bytes of it.
    private func changes(of message: [UInt8], _ service: Service, _ length: Int) -> [Change] {
        let changed = surroundings.written(length)
        if case .sip = service {
            guard length > 0 else { return [Change(range: 0..<message.count, replacement: [], reason: .lost)] }
            return sip.changes(of: message, at: 0, changed)
        }
        let reason = Reason(ftp: message, replacement: changed)
        return [Change(range: 0..<message.count, replacement: changed, reason: reason)]
    }

    // MARK: What follows

    /// What is worth being told of a message.
    func observe(_ observation: Observation) -> [Observation] {
        let isQuiet =
            observation.changes.isEmpty && observation.openings.isEmpty && observation.remarks.isEmpty
        return isQuiet ? [] : [observation]
    }

    /// What would be opened now; pinholes that would be shut, and datagrams that would be sent, are forgotten.
    mutating func openings() -> [Opening] {
        let openings = pinholes() + ways()
        surroundings.data.clearRequests()
        sip.clear()
        return openings
    }

    private mutating func pinholes() -> [Opening] {
        var openings: [Opening] = []
        for place in 0..<surroundings.data.requestCount {
            let request = surroundings.data.request(place)
            let data = surroundings.data[request.data]
            switch request.kind {
            case .open where data.opener == .outside:
                openings.append(.pinhole(from: data.outside.address, to: data.translated, behind: data.inside))
            case .open:
                openings.append(.pinhole(from: data.inside.address, to: data.outside, behind: data.outside))
            case .observePinhole: surroundings.data.end(request.data)
            case .observeFlow: break
            }
        }
        return openings
    }

    /// The values of all counters.
    struct Tally {
        fileprivate let general: [UInt64]
        fileprivate let sip: [UInt64]
    }

    func tally() -> Tally {
        var (general, own): ([UInt64], [UInt64]) = ([], [])
        for counter in Counter.allCases { general.append(surroundings.counters.value(counter)) }
        for counter in SIPCounter.allCases { own.append(sip.counter(counter)) }
        return Tally(general: general, sip: own)
    }

    /// What has been counted since then, but for what is usual.
    func remarks(since before: Tally) -> [Remark] {
        let now = tally()
        let general = Counter.allCases.filter { !$0.isUsual && now.general[$0.rawValue] > before.general[$0.rawValue] }
        let own = SIPCounter.allCases.filter { !$0.isUsual && now.sip[$0.rawValue] > before.sip[$0.rawValue] }
        return general.map { Remark(name: "\($0)", meaning: $0.meaning) }
            + own.map { Remark(name: "\($0)", meaning: $0.meaning) }
    }
}

extension Reassembly {
    /// A complete datagram.
    fileprivate func whole(_ slot: Int) -> [UInt8] {
        let bytes = frame(slot)
        return (0..<bytes.byteCount).map { bytes.octet(at: $0) }
    }
}

extension Surroundings {
    /// What was written to the workbench.
    fileprivate func written(_ length: Int) -> [UInt8] {
        let bytes = workbench.bytes(Surroundings.bench, 0..<length)
        return (0..<length).map { bytes.octet(at: $0) }
    }
}

extension Conversation {
    fileprivate var isSIP: Bool {
        if case .sip = service { return true }
        return false
    }

    /// Where the outside sends to: of FTP nothing is said in an address from there.
    fileprivate var shown: Endpoint { isSIP ? translated : inside }

    /// The bytes held in the stream from a side.
    fileprivate func held(_ side: Side, _ pool: borrowing BlockPool) -> [UInt8] {
        let bytes = connection.streams[Int(side.rawValue)].buffer.heldBytes(pool)
        return (0..<bytes.byteCount).map { bytes.octet(at: $0) }
    }
}

extension Stream {
    /// Takes everything that is decided as read by the target.
    fileprivate mutating func acknowledgeAll(_ pool: inout BlockPool) {
        didSend(to: end)
        _ = acknowledge(end, window: 65535, &pool)
    }
}
