import Rewriting
import WireFormats

/// A gateway with a conversation through it, worked by hand: each test sends the segments that it is about, and looks at
/// those that come out. What comes out in order is read, and acknowledged if `acknowledges` says so.
final class Bench {
    /// One end of the conversation: what it has sent and read, in its own numbers.
    struct End {
        var endpoint: Endpoint
        var next: UInt32
        /// The next number that it expects of the other end, once it knows.
        var expected: UInt32 = 0
        var window: UInt16 = 65535
        var read: [UInt8] = []

        /// What it has read, as text.
        var text: String { String(decoding: read, as: UTF8.self) }
    }

    static let publicAddress = IPv4Address(203, 0, 113, 7)
    static let second: UInt64 = 1_000_000_000

    var gateway: Gateway
    var now: UInt64 = 100 * Bench.second
    var client = End(endpoint: Endpoint("10.0.0.5:40001")!, next: 1_000)
    var server = End(endpoint: Endpoint("198.51.100.9:21")!, next: 5_000)
    /// Whether both ends acknowledge what they read.
    var acknowledges = true
    /// Options that both ends send with every segment.
    var options = Segment.Options()
    /// The public endpoint of the client.
    var translated = Endpoint(IPv4Address(0), 0)
    /// The slots of open pinholes, in the order of their opening.
    private(set) var pinholes: [Int] = []
    /// From where a pinhole was used, by slot.
    var uses: [Int: UInt16] = [:]

    init(
        _ capacity: Gateway.Capacity = .init(conversations: 4, data: 8), ports: ClosedRange<UInt16> = 40000...40099,
        settings: Settings = Settings()
    ) {
        gateway = try! Gateway(
            capacity, addresses: [Bench.publicAddress], ports: ports, services: [21], settings: settings, seed: 7,
            now: now)
    }

    /// A bench with this gateway, and the conversation of a client with a port of a server.
    init(_ gateway: consuming Gateway, from client: Endpoint, to port: UInt16) {
        self.gateway = gateway
        self.client.endpoint = client
        server.endpoint.port = port
    }

    /// A bench with a connection for SIP, which is open.
    static func openSIP(
        bindings: Int = 4, calls: Int = 16, settings: SIPSettings = SIPSettings(), maximumSegment: UInt16 = 1460
    ) -> Bench {
        let capacity = SIPGateway.Capacity(bindings: bindings, registrations: 4, calls: calls, media: 64)
        let bench = Bench(
            try! World.sipGateway(seed: 7, capacity, settings: settings, now: 100 * Bench.second),
            from: Endpoint("10.0.0.5:40001")!, to: 5060)
        bench.connect(maximumSegment: maximumSegment)
        return bench
    }

    /// A bench whose conversation is open, and whose server has greeted.
    static func open(
        _ capacity: Gateway.Capacity = .init(conversations: 4, data: 8), ports: ClosedRange<UInt16> = 40000...40099,
        settings: Settings = Settings(), maximumSegment: UInt16 = 1460
    ) -> Bench {
        let bench = Bench(capacity, ports: ports, settings: settings)
        bench.connect(maximumSegment: maximumSegment)
        bench.say(.outside, "220 Hello\r\n")
        bench.client.read = []
        return bench
    }

    /// The three segments that open a connection.
    func connect(maximumSegment: UInt16 = 1460) {
        var options = self.options
        options.maximumSegment = maximumSegment
        if let (own, _) = options.timestamps { options.timestamps = (own, 0) }
        send(segment(.inside, flags: .syn, options: options))
        client.next &+= 1
        server.expected = client.next
        send(segment(.outside, flags: TCPFlags.syn.with(.ack), options: options))
        server.next &+= 1
        client.expected = server.next
        send(segment(.inside))
    }

    // MARK: Sending

    /// A segment of an end as it stands. For the server the client is its public endpoint.
    func segment(
        _ side: Side, _ data: [UInt8] = [], flags: TCPFlags = .ack, options: Segment.Options? = nil
    ) -> Segment {
        let own = side == .inside ? client : server
        var segment = Segment(
            source: own.endpoint, destination: side == .inside ? server.endpoint : translated)
        segment.sequence = own.next
        segment.acknowledgement = flags.has(.ack) ? own.expected : 0
        segment.flags = flags
        segment.window = own.window
        segment.options = options ?? self.options
        segment.data = data
        return segment
    }

    /// Sends a segment, and returns what comes out of the gateway.
    @discardableResult
    func send(_ segment: Segment) -> [Segment] {
        receive(segment.frame, from: segment.source == client.endpoint ? .inside : .outside)
    }

    /// Sends a text in order from a side.
    @discardableResult
    func say(_ side: Side, _ text: String, flags: TCPFlags = .ack) -> [Segment] {
        say(side, Array(text.utf8), flags: flags)
    }

    /// Sends bytes in order from a side.
    @discardableResult
    func say(_ side: Side, _ bytes: [UInt8], flags: TCPFlags = .ack) -> [Segment] {
        let segment = segment(side, bytes, flags: flags)
        if side == .inside { client.next &+= UInt32(segment.length) } else { server.next &+= UInt32(segment.length) }
        return send(segment)
    }

    /// A command and the server's reply; what the client read of it.
    @discardableResult
    func exchange(_ command: String, _ reply: String) -> String {
        let before = client.read.count
        say(.inside, command + "\r\n")
        say(.outside, reply + "\r\n")
        return String(decoding: client.read[before...], as: UTF8.self)
    }

    /// Gives a frame to the gateway.
    func receive(_ frame: [UInt8], from side: Side) -> [Segment] {
        let bytes = frame.span.bytes
        let packet = TCPPacket(bytes)
        verdict = gateway.receive(bytes, packet, from: side, now: now)
        return workOff(packet, frame)
    }

    /// What became of the last frame.
    private(set) var verdict = Gateway.Verdict.foreign

    /// Gives a datagram of SIP to the gateway; what comes out of it.
    func datagram(_ text: String, from source: Endpoint, to destination: Endpoint) -> [SIPBench.Arrival] {
        let frame = SIPBench.frame(Array(text.utf8), from: source, to: destination)
        let bytes = frame.span.bytes
        guard let packet = IPv4Packet(bytes), let datagram = UDPPacket(packet, bytes) else {
            preconditionFailure("no UDP datagram")
        }
        gateway.sip.receive(bytes, datagram, from: SIPBench.side(of: source), now: now)
        let arrivals = (0..<gateway.sip.outboxCount).map { index in
            let datagram = gateway.sip.outgoing(index)
            let data = SIPBench.data(of: datagram, gateway.sip)
            return SIPBench.Arrival(source: datagram.source, destination: datagram.destination, data: data)
        }
        _ = workOff(nil, [])
        return arrivals
    }

    // MARK: Time

    /// Lets time pass; what the gateway sends meanwhile.
    @discardableResult
    func wait(_ seconds: Double) -> [Segment] {
        var segments: [Segment] = []
        let end = now + UInt64(seconds * 1e9)
        while now < end {
            now = min(end, now + Bench.second / 10)
            while gateway.expire(now: now) { segments += workOff(nil, []) }
            while gateway.sip.expire(now: now) { segments += workOff(nil, []) }
        }
        return segments
    }

    // MARK: What comes out

    private func workOff(_ cause: TCPPacket?, _ original: [UInt8]) -> [Segment] {
        carryOutRequests()
        var segments: [Segment] = []
        for index in 0..<gateway.outbox.count {
            var frame = [UInt8](repeating: 0, count: 2048)
            frame[12] = 0x08
            var span = frame.mutableSpan
            var bytes = span.mutableBytes
            let outgoing = gateway.outbox[index]
            let length = gateway.write(outgoing, cause: cause, original.span.bytes, into: &bytes, at: 14)
            do {
                segments.append(try Segment(Array(frame.prefix(14 + length))))
            } catch {
                preconditionFailure("the gateway emitted a bad frame: \(error)")
            }
        }
        gateway.clear()
        gateway.sip.clear()
        var answers: [Segment] = []
        for segment in segments { answers += read(segment) }
        return segments + answers
    }

    private func carryOutRequests() {
        for index in 0..<gateway.sip.requestCount {
            let request = gateway.sip.request(index)
            switch request.kind {
            case .open: media.append(request.leg)
            case .close: media.removeAll { $0.number == request.leg.number }
            case .observe where mediaAreAlive:
                gateway.sip.legObserved(request.slot, number: request.leg.number, lastSeen: now)
            case .listen: listening.insert(request.port)
            case .unlisten: listening.remove(request.port)
            case .accept: accepted.insert("\(request.leg.inside) \(request.leg.outside)")
            case .forget: accepted.remove("\(request.leg.inside) \(request.leg.outside)")
            case .observe, .bind, .unbind, .expect, .ignore: break
            }
        }
        for index in 0..<gateway.requestCount {
            let request = gateway.request(index)
            switch request.kind {
            case .open: pinholes.append(request.data)
            case .observePinhole:
                if gateway.pinholeObserved(request.data, usedFrom: uses[request.data] ?? 0) {
                    pinholes.removeAll { $0 == request.data }
                }
            case .observeFlow:
                if let flow = flows[request.data],
                    gateway.flowObserved(request.data, lastSeen: flow.isOver ? flow.seen : now, hasEnded: flow.isOver)
                {
                    flows[request.data] = nil
                    uses[request.data] = nil
                }
            }
        }
    }

    /// The public ports to which TCP is brought to the gateway from anywhere.
    private(set) var listening: Set<UInt16> = []
    /// The connections from outside that are brought to it, by their inside and outside ends.
    private(set) var accepted: Set<String> = []
    /// The media flows that are open.
    private(set) var media: [MediaLeg] = []
    /// Whether something is seen of them whenever the gateway looks.
    var mediaAreAlive = true
    /// How the flows of used pinholes are, by slot.
    var flows: [Int: (seen: UInt64, isOver: Bool)] = [:]

    /// Lets an end read a segment; what its acknowledgement brings about.
    private func read(_ segment: Segment) -> [Segment] {
        let isForClient = segment.destination == client.endpoint
        if !isForClient, segment.flags.has(.syn) { translated = segment.source }
        var end = isForClient ? client : server
        guard segment.sequence == end.expected, segment.length > 0, !segment.flags.has(.syn) else { return [] }
        end.read += segment.data
        end.expected &+= UInt32(segment.length)
        if isForClient { client = end } else { server = end }
        return acknowledges ? send(self.segment(isForClient ? .inside : .outside)) : []
    }

    /// How often something was counted.
    func count(_ counter: Counter) -> UInt64 { gateway.counter(counter) }

    /// How often something was counted of SIP.
    func count(_ counter: SIPCounter) -> UInt64 { gateway.sip.counter(counter) }
}

extension [Segment] {
    /// Those for an end.
    func to(_ end: Bench.End) -> [Segment] { filter { $0.destination == end.endpoint } }

    /// Those for anybody else: toward the outside, as seen from the client.
    func notTo(_ end: Bench.End) -> [Segment] { filter { $0.destination != end.endpoint } }
}
