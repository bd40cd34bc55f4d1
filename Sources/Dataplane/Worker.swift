import CXDP
import FlowTables
import PlainMemory
import Rewriting
import Routing
import Steering
import WireFormats
import XDPSockets

/// The loop that moves packets: frames from the AF_XDP sockets into the gateway, what the gateway wants sent out of
/// them again, what it asks for into the maps of the XDP program. One of several, each with conversations of its own.
///
/// Invariants: one thread; the gateway sees no packet of another worker's conversation; every frame that was received is
/// transmitted, handed over, waits, or is released before the next batch; the outbox and the requests are empty between
/// two packets.
public struct Worker: ~Copyable {
    var gateway: Gateway
    /// The ports of SIP's services; none where SIP is off.
    let sipServices: Slots<Bool>
    var peers: SteeredPeers
    var reassembly: Reassembly
    /// Flows of media on their way into the map, or out of it; empty between two packets.
    var flows = FlowBatch()
    /// Packets from inside to bindings, on their way back in; empty between two packets.
    var turned = Batch()
    /// The number of the last datagram that the worker wrote (RFC 791 section 3.2).
    var identification: UInt16 = 0
    var sockets: SocketGroup
    let ownership: Ownership
    let maps: SteeringMaps
    let links: [Link]
    /// The largest packet that fits into every link, in octets.
    let smallestMTU: Int
    var hops: NextHops
    var waiting: WaitingRoom
    var now: UInt64
    private let control: WorkerControl
    private var generation: UInt32 = 0
    private var batch = Batch()
    private var spin: Spin
    private let ownSockets: [Int]
    private var socketReports: SharedSlots<SocketReport>
    private var report: SharedSlots<WorkerReport>
    private var errorsLeft = 0
    private var second: UInt64 = 0

    /// The most ICMP errors of their own that all workers send in a second (RFC 1812 section 4.3.2.8).
    private static var errorsPerSecond: Int { @_noLocks get { 100 } }

    /// Files in which a worker says once a second what it does, for others to read; -1 for none.
    public struct Descriptors: Sendable {
        /// Of its sockets, by ascending number.
        public var sockets: Int32 = -1
        /// Of itself.
        public var report: Int32 = -1

        /// No files.
        public init() {}
    }

    /// A worker over its open sockets and a loaded program. To be made in the network namespace that it works in.
    /// - Parameters:
    ///   - gateway: of the same share as the sockets are.
    ///   - links: the same for all workers.
    ///   - spin: how long it looks for packets after the last one before it sleeps.
    public init(
        gateway: consuming Gateway, sipPorts: [UInt16], sockets: consuming SocketGroup,
        ownership: consuming Ownership, maps: SteeringMaps, links: [Link], control: WorkerControl, spin: Spin,
        descriptors: Descriptors = Descriptors()
    ) throws {
        let (number, workers) = (sockets.worker, sockets.workers)
        let links = links.map { $0.used(by: number, of: workers) }
        let hops = try NextHops(links)
        let waiting = try WaitingRoom()
        let ownSockets = sockets.ownSockets
        let socketReports = try SharedSlots<SocketReport>(
            count: max(1, ownSockets.count), descriptor: descriptors.sockets)
        let report = try SharedSlots<WorkerReport>(count: 1, descriptor: descriptors.report)
        var sipServices = try Slots<Bool>(count: 65536)
        for port in sipPorts { sipServices[Int(port)] = true }
        let peers = try SteeredPeers(capacity: 1024, seed: sp_random64())
        let reassembly = try Reassembly(capacity: sipPorts.isEmpty ? 1 : 64)
        self.socketReports = socketReports
        self.report = report
        self.ownSockets = ownSockets
        self.spin = spin
        self.gateway = gateway
        self.sipServices = sipServices
        self.peers = peers
        self.reassembly = reassembly
        self.sockets = sockets
        self.ownership = ownership
        self.maps = maps
        self.links = links
        smallestMTU = links.map(\.mtu).min() ?? 1280
        self.hops = hops
        self.waiting = waiting
        self.control = control
        now = sp_now()
        publishTick()
    }

    /// The time for the XDP program, in seconds.
    var tick: UInt32 { @_noLocks get { UInt32(truncatingIfNeeded: now / 1_000_000_000) } }

    // MARK: The loop

    /// Works until it is told to stop, and sleeps while there is nothing to do.
    /// - Throws: when one of its sockets has stopped, because its interface has gone.
    public mutating func run() throws(SocketError) {
        while !control.isStopped {
            if let settings = control.takeSettings() {
                gateway.set(settings.ftp)
                gateway.sip.set(settings.sip)
            }
            let hasWorked = try turn()
            if spin.isOver(worked: hasWorked, now: now) {
                _ = try sockets.wait(milliseconds: sleep)
            } else if !hasWorked {
                sp_yield()
            }
        }
    }

    /// The milliseconds to sleep if nothing arrives: until something is due, or the next second begins; few while a packet
    /// waits for its next hop.
    private var sleep: Int32 {
        let due = min(gateway.nextDue, gateway.sip.nextDue, (second &+ 1) &* 1_000_000_000)
        let next = waiting.count > 0 ? now &+ 2_000_000 : due
        return next > now ? Int32((next &- now) / 1_000_000) + 1 : 0
    }

    /// One turn: what has arrived, what others have handed over, what is due, what waits. Whether a packet had arrived.
    /// - Throws: as `run`.
    public mutating func turn() throws(SocketError) -> Bool {
        now = sp_now()
        followKernel()
        sockets.reclaim()
        sockets.refill()
        var received = sockets.receive(into: &batch)
        for position in 0..<received { receive(batch[position], socket: batch.socket(of: position)) }
        let taken = sockets.receiveHandedOver(into: &batch)
        for position in 0..<taken { receive(batch[position], socket: batch.socket(of: position)) }
        received &+= taken
        if second != now / 1_000_000_000 { try startSecond() }
        while gateway.expire(now: now) { sendOwn() }
        while gateway.sip.expire(now: now) { sendSIP() }
        if waiting.count > 0 { admit() }
        sockets.flush()
        return received > 0
    }

    private mutating func startSecond() throws(SocketError) {
        second = now / 1_000_000_000
        publishTick()
        errorsLeft = max(1, Worker.errorsPerSecond / sockets.workers)
        for (place, socket) in ownSockets.enumerated() {
            var report = SocketReport()
            report.counters = sockets.counters(of: socket)
            report.statistics = try SocketStatistics(descriptor: sockets.descriptor(of: socket))
            socketReports.store(report, at: place)
        }
        report.store(WorkerReport(handOver: sockets.handOverCounters, frames: sockets.accounting), at: 0)
        forgetPeers()
        while reassembly.expire(now: now) { gateway.sip.count(.dropSIPIncomplete) }
        try sockets.check()
    }

    /// The XDP program has one clock, and the first worker winds it.
    private func publishTick() {
        if sockets.worker == 0 { maps.settings.tick = tick }
    }

    /// When the kernel's routes or neighbours have changed, which the XDP program is told by its generation, the worker
    /// forgets them, too, and asks anew.
    private mutating func followKernel() {
        guard maps.settings.generation != generation else { return }
        generation = maps.settings.generation
        hops.forget()
    }

    // MARK: A packet

    /// Exempt from `@_noLocks` because it holds spans; see `BlockPool.bytes`. All that it calls for a packet of a
    /// conversation is checked.
    @_semantics("no_performance_analysis")
    mutating func receive(_ frame: Frame, socket: Int) {
        // Safe: the frame is held by the worker until it is released below, and nothing writes to it meanwhile.
        let start = unsafe sockets.pointer(to: frame)
        let bytes = unsafe RawSpan(_unsafeStart: start, byteCount: Int(frame.length))
        if let packet = IPv4Packet(bytes), let link = link(of: bytes, packet, socket: socket) {
            guard packet.timeToLive > 1 else {
                answer(.timeExceeded, about: packet, bytes, link: link)
                return sockets.release(frame)
            }
            if packet.isFragment, packet.protocolNumber == 17 {
                receiveFragment(bytes, packet, link: link)
                return sockets.release(frame)
            }
            if let datagram = UDPPacket(packet, bytes) {
                if isSIP(datagram, from: links[link].side) {
                    receiveSIP(bytes, datagram, from: links[link].side, frame, socket: socket)
                    return
                }
                if isStray(datagram, from: links[link].side) {
                    receiveStray(bytes, packet, datagram, link: link, frame, socket: socket)
                    return
                }
            }
            if packet.protocolNumber == 1, let owner = owner(ofSIPErrorIn: bytes, from: links[link].side) {
                receiveSIPError(bytes, from: links[link].side, frame, socket: socket, owner: owner)
                return
            }
            let segment = TCPPacket(bytes)
            if let owner = otherOwner(of: bytes, segment, from: links[link].side) {
                sockets.handOver(frame, socket: socket, to: owner)
                return
            }
            switch gateway.receive(bytes, segment, from: links[link].side, now: now) {
            case .done: sendOutbox(segment, bytes)
            case .error(let error): send(error, bytes)
            case .foreign:
                if let segment, links[link].side == .outside { open(segment, bytes) }
                receiveFlow(bytes, packet, link: link)
            }
        } else {
            gateway.count(.dropForeign)
        }
        sockets.release(frame)
    }

    /// The worker that a packet is to be handed over to; nil if it is this one's, or anyone's.
    @_noLocks
    private func otherOwner(of bytes: borrowing RawSpan, _ segment: TCPPacket?, from side: Side) -> Int? {
        guard sockets.workers > 1, let ends = gateway.ends(of: bytes, segment, from: side) else { return nil }
        let owner = gateway.isFTP(ends) ? ownership.owner(of: ends) : ownership.owner(ofSIP: ends)
        return owner == sockets.worker ? nil : owner
    }

    /// The link that a frame came by.
    @_noLocks
    private func link(of frame: borrowing RawSpan, _ packet: IPv4Packet, socket: Int) -> Int? {
        for index in 0..<links.count where links[index].carries(frame, socket: socket, network: packet.offset) {
            return index
        }
        return nil
    }

    /// Sends what a timer caused.
    private mutating func sendOwn() {
        // Unsafe in name only: the one byte is never read, since a segment of the gateway's own keeps no headers.
        let nothing = InlineArray<1, UInt8>(repeating: 0)
        unsafe sendOutbox(nil, nothing.span.bytes)
    }

    /// Carries out the requests, and then sends the segments: what a segment announces must be open when it arrives.
    @_noLocks
    private mutating func sendOutbox(_ cause: TCPPacket?, _ original: borrowing RawSpan) {
        for place in 0..<gateway.requestCount { carryOut(gateway.request(place)) }
        if gateway.sip.requestCount > 0 { sendSIP() }
        for place in 0..<gateway.outbox.count { send(gateway.outbox[place], cause, original) }
        gateway.clear()
    }

    /// Exempt from `@_noLocks` because it holds a span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis")
    private mutating func send(_ segment: OutgoingSegment, _ cause: TCPPacket?, _ original: borrowing RawSpan) {
        guard var frame = sockets.allocate() else { return gateway.count(.dropNoFrame) }
        var bytes = unsafe room(frame)
        let length = gateway.write(segment, cause: cause, original, into: &bytes, at: 0)
        frame.length = UInt16(truncatingIfNeeded: length)
        if case .ready(_, _, let mtu) = hops.find(segment.destination.address, now: now), length > mtu {
            gateway.limit(segment.conversation, packets: mtu, toward: segment.toward)
            gateway.count(.dropTooBig)
            return sockets.release(frame)
        }
        send(frame, to: segment.destination.address)
    }

    @_semantics("no_performance_analysis")
    mutating func send(_ error: TranslatedError, _ original: borrowing RawSpan) {
        guard var frame = sockets.allocate() else { return gateway.count(.dropNoFrame) }
        var bytes = unsafe room(frame)
        frame.length = UInt16(truncatingIfNeeded: error.write(original, into: &bytes, at: 0))
        send(frame, to: error.destination)
    }

    /// Answers a packet that cannot go on, to where it came from; never an ICMP packet, nor a fragment but the first
    /// (RFC 1812 section 4.3.2.7).
    @_semantics("no_performance_analysis")
    mutating func answer(_ reply: ErrorReply, about packet: IPv4Packet, _ original: borrowing RawSpan, link: Int) {
        let isFirst = original.number16(at: packet.offset + 6) & 0x1fff == 0
        guard packet.protocolNumber != 1, isFirst else { return gateway.count(.dropForeign) }
        guard errorsLeft > 0 else { return gateway.count(.dropErrorsLimited) }
        guard var frame = sockets.allocate() else { return gateway.count(.dropNoFrame) }
        errorsLeft -= 1
        var bytes = unsafe room(frame)
        let length = reply.write(about: packet, original, from: links[link].address, into: &bytes, at: 0)
        frame.length = UInt16(truncatingIfNeeded: length)
        gateway.count(.flowAnswered)
        send(frame, to: packet.source)
    }

    /// The room of a frame of the worker's own, from where its IP packet starts.
    @unsafe @_lifetime(immortal)
    func room(_ frame: Frame) -> MutableRawSpan {
        // Unsafe: good only while the caller holds the frame; it ends where the frame ends.
        unsafe _overrideLifetime(
            MutableRawSpan(
                _unsafeStart: sockets.pointer(to: frame), byteCount: sockets.frameSize - Int(Frame.headroom)),
            copying: ())
    }

    // MARK: The way out

    /// Sends an IPv4 packet that starts its frame, or lets it wait until its next hop is known.
    @_noLocks
    mutating func send(_ frame: Frame, to destination: IPv4Address) {
        switch hops.find(destination, now: now) {
        case .ready(let link, let station, _): transmit(frame, link, station)
        case .unreachable:
            gateway.count(.dropNoRoute)
            sockets.release(frame)
        case .resolving:
            let packet = WaitingRoom.Packet(frame: frame, destination: destination, since: now)
            if waiting.enter(packet) {
                gateway.count(.waited)
            } else {
                gateway.count(.dropWaitingRoomFull)
                sockets.release(frame)
            }
        }
    }

    /// Sends those whose next hop has become known, and gives up those that have waited for three seconds.
    private mutating func admit() {
        var place = 0
        while place < waiting.count {
            let packet = waiting[place]
            if case .ready(let link, let station, _) = hops.find(packet.destination, now: now) {
                waiting.leave(place)
                transmit(packet.frame, link, station)
            } else if now &- packet.since > 3_000_000_000 {
                waiting.leave(place)
                gateway.count(.dropNoNeighbour)
                sockets.release(packet.frame)
            } else {
                place += 1
            }
        }
    }

    /// Puts the Ethernet header in front, and the frame into the ring of a queue of the link's card.
    @_semantics("no_performance_analysis")
    private mutating func transmit(_ frame: Frame, _ link: Int, _ station: UInt64) {
        let out = links[link]
        var whole = frame
        whole.start -= UInt16(out.headerLength)
        whole.length += UInt16(out.headerLength)
        var bytes = sockets.bytes(of: whole)
        out.writeHeader(to: station, into: &bytes)
        if sockets.transmit(whole, on: out.sender(to: station)) { gateway.count(.sent) }
    }
}
