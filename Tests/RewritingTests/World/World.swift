import Glibc
import Rewriting
import TestSupport
import WireFormats

/// A client inside, a server outside, the gateway between them, and a network on either side of it; in a time of its
/// own, all of it from one seed.
final class World {
    enum Event {
        case frame(to: Node, [UInt8])
        case timer(Node)
        case application(Node)
        case tick
    }

    enum Node {
        case client
        case gateway(Side)
        case server
    }

    #if DEBUG
        static let isOptimized = false
    #else
        static let isOptimized = true
    #endif

    static let publicAddress = IPv4Address(203, 0, 113, 7)
    static let ports: ClosedRange<UInt16> = 40000...40255
    static let buffers = 256

    var random: Random
    static let start: UInt64 = 1_000_000_000
    private(set) var now = World.start
    /// Where everything done to the gateway is recorded, if anywhere.
    var tape: Tape?
    let gatewaySeed: UInt64
    private var queue = EventQueue<Event>()
    var gateway: Gateway
    let client: Peer
    let server: Peer
    private var cables: [Cable]
    private var taps = [Wiretap(), Wiretap()]
    private var data = DataWorld()
    /// Room for a frame of the gateway, whose Ethernet header says IPv4.
    private var frame = [UInt8](repeating: 0, count: 12) + [0x08] + [UInt8](repeating: 0, count: 2035)
    private var scheduled: [UInt64] = [0, 0]
    /// What went wrong first.
    private(set) var failure: String?
    /// What the applications do when something has come, or a time that they asked for.
    var application: ((World, Node) -> Void)?
    private(set) var framesToGateway = 0
    /// Frames of which the gateway said that they are of a service of its.
    private(set) var framesDone: UInt64 = 0

    /// A world for conversations with a server of FTP, or of SIP.
    init(seed: UInt64, settings: Settings = Settings(), isSIP: Bool = false) {
        random = Random(seed: seed)
        let server = Endpoint(IPv4Address(198, 51, 100, 9), isSIP ? 5060 : 21)
        let client = Endpoint(IPv4Address(10, 0, 0, UInt8(random.number(1...254))), UInt16(random.number(1024...65000)))
        self.client = Peer("client", .random(&random), local: client, remote: server, seed: random.next())
        self.server = Peer("server", .random(&random), local: server, remote: client, seed: random.next())
        cables = (0..<4).map { _ in Cable() }
        for index in cables.indices { cables[index] = .random(&random) }
        // Seed 0 would mean ports that no seed repeats.
        gatewaySeed = random.next() | 1
        gateway =
            isSIP
            ? try! World.sipGateway(seed: gatewaySeed, now: World.start)
            : try! World.gateway(seed: gatewaySeed, settings: settings, now: World.start)
        if isSIP { for index in taps.indices { taps[index].windowMax = 81920 } }
    }

    /// A gateway for SIP over TCP.
    static func sipGateway(
        seed: UInt64, _ capacity: SIPGateway.Capacity = .init(bindings: 4, registrations: 4, calls: 64, media: 256),
        settings: SIPSettings = SIPSettings(), now: UInt64
    ) throws -> Gateway {
        let sip = try SIPGateway(
            capacity, addresses: [publicAddress], ports: ports, settings: settings,
            table: PublicEndpoints.Table([publicAddress], ports), seed: seed, now: now)
        return try Gateway(
            .init(conversations: 4, data: 1), addresses: [publicAddress], ports: ports, services: [],
            settings: Settings(), seed: seed, now: now, sipServices: [5060], sip: sip)
    }

    static func gateway(
        seed: UInt64, settings: Settings = Settings(), now: UInt64
    ) throws -> Gateway {
        try Gateway(
            .init(conversations: 4, data: 200), addresses: [World.publicAddress], ports: World.ports, services: [21],
            settings: settings, seed: seed, now: now)
    }

    var frames: Int { taps[0].frames + taps[1].frames }

    func fail(_ text: String) {
        if failure == nil { failure = "at \(Double(now) / 1e9) s: \(text)" }
    }

    // MARK: Time

    func wake(_ node: Node, after delay: UInt64) { queue.add(.application(node), at: now + delay) }

    /// Lets the world go on until `isOver` or until a time; false when the time came first.
    @discardableResult
    func run(until end: UInt64, isOver: () -> Bool) -> Bool {
        if !isTicking {
            isTicking = true
            queue.add(.tick, at: now)
        }
        while failure == nil, !isOver() {
            guard let due = queue.time, due <= end, let (time, event) = queue.next() else { return false }
            now = time
            handle(event)
        }
        return true
    }

    private var isTicking = false

    private func handle(_ event: Event) {
        switch event {
        case .tick:
            tape?.record(Tape.Event(kind: .expire, now: now))
            while failure == nil, gateway.expire(now: now) { workOff(cause: nil, []) }
            while gateway.sip.expire(now: now) { gateway.sip.clear() }
            data.observe(self)
            queue.add(.tick, at: now + 200_000_000)
        case .frame(.gateway(let side), let frame): deliver(frame, from: side)
        case .frame(let node, let frame):
            if let segment = try? Segment(frame) { drive(node) { $0.receive(segment, now: self.now) } }
        case .timer(let node):
            let peer = self.peer(node)
            scheduled[peer === client ? 0 : 1] = 0
            drive(node) { $0.tick(now: self.now) }
        case .application(let node): application?(self, node)
        }
    }

    private func peer(_ node: Node) -> Peer {
        if case .client = node { return client }
        return server
    }

    /// Does something with a peer, sends what it wants sent, and lets its application look.
    func drive(_ node: Node, _ action: (Peer) -> Void) {
        let peer = self.peer(node)
        let before = (peer.received.next, peer.hasHeardEnd, peer.phase)
        action(peer)
        if let defect = peer.defect { fail(defect) }
        let side: Side = peer === client ? .inside : .outside
        for segment in peer.outbox { carry(segment, on: peer === client ? 0 : 1, to: .gateway(side)) }
        peer.outbox.removeAll(keepingCapacity: true)
        let deadline = peer.deadline
        let index = peer === client ? 0 : 1
        if deadline != 0, scheduled[index] == 0 || deadline < scheduled[index] {
            scheduled[index] = max(deadline, now)
            queue.add(.timer(node), at: max(deadline, now))
        }
        if before != (peer.received.next, peer.hasHeardEnd, peer.phase) { application?(self, node) }
    }

    private func carry(_ segment: Segment, on cable: Int, to node: Node) {
        for arrival in cables[cable].carry(segment, &random, now: now) {
            queue.add(.frame(to: node, arrival.frame), at: arrival.time)
        }
    }

    // MARK: The gateway

    private func deliver(_ frame: [UInt8], from side: Side) {
        framesToGateway += 1
        tape?.record(frame, from: side, now: now)
        trace(frame, side == .inside ? "client ->" : "                     <- server", side)
        let span = frame.span.bytes
        let packet = TCPPacket(span)
        let segment = try? Segment(frame)
        if let segment { noteArrival(segment, from: side) }
        let before = gateway.counter(.dropChecksum)
        let verdict = gateway.receive(span, packet, from: side, now: now)
        if segment == nil {
            guard case .done = verdict else { return }
            if gateway.counter(.dropChecksum) != before + 1 || gateway.outbox.count > 0 {
                return fail("a corrupt segment was not dropped")
            }
        }
        if case .done = verdict { framesDone += 1 }
        workOff(cause: packet, frame)
    }

    private func noteArrival(_ segment: Segment, from side: Side) {
        let peer = side == .inside ? client : server
        let end = Int(segment.sequence &- peer.initialSequence) + segment.length
        if end < 1 << 31 { arrived[Int(side.rawValue)] = max(arrived[Int(side.rawValue)], end) }
    }

    /// How far what each peer sent has come to the gateway.
    private var arrived = [0, 0]

    private func workOff(cause: TCPPacket?, _ original: [UInt8]) {
        data.carryOut(self)
        var frame = [UInt8]()
        swap(&frame, &self.frame)
        for index in 0..<gateway.outbox.count {
            let outgoing = gateway.outbox[index]
            var span = frame.mutableSpan
            var bytes = span.mutableBytes
            let length = gateway.write(outgoing, cause: cause, original.span.bytes, into: &bytes, at: 14)
            emit(Array(frame.prefix(14 + length)), toward: outgoing.toward)
        }
        swap(&frame, &self.frame)
        if gateway.outbox.lost > 0 { fail("the outbox overflowed") }
        gateway.clear()
        gateway.sip.clear()
    }

    private func emit(_ frame: [UInt8], toward side: Side) {
        trace(frame, side == .inside ? "           <- gw " : "              gw ->", side.other)
        let index = Int(side.rawValue)
        do {
            let segment = try Segment(frame)
            let target = side == .inside ? client : server
            if side == .outside, publicEndpoint == nil { publicEndpoint = segment.source }
            try taps[index].check(
                segment, to: target, expected: side == .inside ? server.local : publicEndpoint!,
                arrived: arrived[index])
            carry(segment, on: side == .inside ? 2 : 3, to: side == .inside ? .client : .server)
        } catch {
            fail("emitted toward the \(side): \(error)")
        }
    }

    /// Prints a segment that the gateway gets or sends.
    private func trace(_ frame: [UInt8], _ text: String, _ from: Side) {
        guard isTracing, let segment = try? Segment(frame) else { return }
        let (own, other) = from == .inside ? (client, server) : (server, client)
        print(Double(now) / 1e9, text, segment.account(from: own.initialSequence, to: other.initialSequence))
    }

    private let isTracing = getenv("SALLYPORT_TRACE") != nil

    /// What stands for the client.
    private(set) var publicEndpoint: Endpoint?
    var dataWorld: DataWorld { data }
}
