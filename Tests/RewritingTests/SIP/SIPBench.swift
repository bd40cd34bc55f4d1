import Rewriting
import Testing
import WireFormats

/// A gateway for SIP, and what XDP would have of it: tests send datagrams, let time pass, and look at what comes out and at
/// the flows that are open. That every request of the gateway makes sense is checked at all times.
final class SIPBench {
    /// A datagram that came out.
    struct Arrival {
        var source: Endpoint
        var destination: Endpoint
        var data: [UInt8]

        var text: String { String(decoding: data, as: UTF8.self) }
        var message: SIPText { SIPText(text) }
    }

    static let second: UInt64 = 1_000_000_000
    static let publicAddress = IPv4Address(203, 0, 113, 7)
    static let phone = Endpoint("192.168.1.10:5060")!
    static let otherPhone = Endpoint("192.168.1.11:5060")!
    static let server = Endpoint("198.51.100.9:5060")!

    private(set) var gateway: SIPGateway
    private let addresses: [IPv4Address]
    var now: UInt64 = 100 * SIPBench.second
    /// Whether media pass through every flow.
    var talks = false
    /// The open flows by the leg's slot, and the public ports that are steered.
    private(set) var flows: [Int: MediaLeg] = [:]
    private(set) var ports: Set<UInt16> = []
    /// The public ports of media where what has no flow is brought to the worker.
    private(set) var expected: Set<UInt16> = []
    /// The public ports of media over TCP, for which connections come to the worker.
    private(set) var listening: Set<UInt16> = []
    /// The public endpoints of those that have sent something.
    private(set) var translated: [Endpoint: Endpoint] = [:]
    /// Every change of the flows, for who wants to replay them.
    var onEvent: ((Event) -> Void)?

    enum Event {
        case frame([UInt8], Side, UInt64)
        case expire(UInt64)
        case observed(slot: Int, number: UInt32, UInt64)
    }

    init(
        _ capacity: SIPGateway.Capacity = .init(bindings: 64, registrations: 64, calls: 64, media: 256),
        addresses: [IPv4Address] = [SIPBench.publicAddress], ports: ClosedRange<UInt16> = 40000...40999,
        settings: SIPSettings = SIPSettings(), seed: UInt64 = 7, table: PublicEndpoints.Table? = nil,
        share: WorkerShare = WorkerShare()
    ) {
        self.addresses = addresses
        gateway = try! SIPBench.gateway(
            capacity, addresses: addresses, ports: ports, settings: settings, seed: seed, now: now, table: table,
            share: share)
    }

    static func gateway(
        _ capacity: SIPGateway.Capacity, addresses: [IPv4Address] = [publicAddress], ports: ClosedRange<UInt16>,
        settings: SIPSettings, seed: UInt64, now: UInt64, table: PublicEndpoints.Table? = nil,
        share: WorkerShare = WorkerShare()
    ) throws -> SIPGateway {
        try SIPGateway(
            capacity, addresses: addresses, ports: ports, settings: settings,
            table: table ?? PublicEndpoints.Table(addresses, ports), seed: seed, now: now, share: share)
    }

    /// How often something was counted.
    func count(_ counter: SIPCounter) -> UInt64 { gateway.counter(counter) }

    /// The open flows of UDP, as `inside outside`, those for RTCP alone included.
    var pairs: Set<String> { pairs(of: .udp) }

    /// The open flows of UDP or TCP.
    func pairs(of transport: SIPTransport) -> Set<String> {
        Set(flows.values.filter { $0.transport == transport }.map { "\($0.inside) \($0.outside)" })
    }

    /// The public endpoint of an inside one, which sends a keep-alive if it has none yet.
    func translated(_ inside: Endpoint) -> Endpoint {
        if translated[inside] == nil { send("\r\n\r\n", from: inside, to: SIPBench.server) }
        return translated[inside]!
    }

    static func side(of endpoint: Endpoint) -> Side { endpoint.address.isPrivate ? .inside : .outside }

    // MARK: Sending

    /// Sends a datagram; what comes out.
    @discardableResult
    func send(_ text: String, from source: Endpoint, to destination: Endpoint) -> [Arrival] {
        send(Array(text.utf8), from: source, to: destination)
    }

    /// Sends a datagram; what comes out.
    @discardableResult
    func send(_ data: [UInt8], from source: Endpoint, to destination: Endpoint) -> [Arrival] {
        receive(SIPBench.frame(data, from: source, to: destination), from: SIPBench.side(of: source))
    }

    /// Gives a frame to the gateway.
    func receive(_ frame: [UInt8], from side: Side) -> [Arrival] {
        onEvent?(.frame(frame, side, now))
        let bytes = frame.span.bytes
        guard let packet = IPv4Packet(bytes), let datagram = UDPPacket(packet, bytes) else {
            preconditionFailure("no UDP datagram")
        }
        gateway.receive(bytes, datagram, from: side, now: now)
        let arrivals = workOff()
        if side == .inside, let first = arrivals.first, first.destination == datagram.destination {
            translated[datagram.source] = first.source
        }
        return arrivals
    }

    /// A datagram in an Ethernet frame, with all checksums.
    static func frame(_ data: [UInt8], from source: Endpoint, to destination: Endpoint) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 12)
        bytes.append(half: 0x0800)
        bytes.append(word: 0x4500_0000 | UInt32(28 + data.count))
        bytes.append(word: 0x0000_4000)
        bytes.append(word: 64 << 24 | 17 << 16)
        bytes.append(word: source.address.value)
        bytes.append(word: destination.address.value)
        bytes.append(word: UInt32(source.port) << 16 | UInt32(destination.port))
        bytes.append(word: UInt32(8 + data.count) << 16)
        bytes += data
        put(~onesSum(bytes, 14..<34), into: &bytes, at: 24)
        var pseudo = UInt32(17) + UInt32(8 + data.count)
        for word in stride(from: 26, to: 34, by: 2) { pseudo += UInt32(number16(bytes, word)) }
        let checksum = ~onesSum(bytes, 34..<bytes.count, onto: pseudo)
        put(checksum == 0 ? 0xffff : checksum, into: &bytes, at: 40)
        return bytes
    }

    // MARK: Media

    /// A packet comes to a public endpoint of media for which there is no flow; whether a leg is latched on to its source.
    @discardableResult
    func stray(_ data: [UInt8] = [0x80], from source: String, to translated: Endpoint) -> Bool {
        guard expected.contains(translated.port) else { return false }
        let frame = SIPBench.frame(data, from: Endpoint(source)!, to: translated)
        let bytes = frame.span.bytes
        guard let packet = IPv4Packet(bytes), let datagram = UDPPacket(packet, bytes),
            let slot = gateway.latchable(bytes, datagram)
        else { return false }
        gateway.latch(slot, to: datagram.source)
        flows[slot] = gateway.leg(slot)
        _ = workOff()
        return true
    }

    /// Somebody connects to a public endpoint of media over TCP; whether the connection gets flows.
    @discardableResult
    func connect(from source: String, to translated: Endpoint, flags: UInt8 = 2) -> Bool {
        guard listening.contains(translated.port) else { return false }
        let source = Endpoint(source)!
        var frame = [UInt8](repeating: 0, count: 12)
        frame.append(half: 0x0800)
        let ports = UInt32(source.port) << 16 | UInt32(translated.port)
        let words: [UInt32] = [
            0x4500_0028, 0x4000, 64 << 24 | 6 << 16, source.address.value, translated.address.value, ports, 0, 0,
            0x5000_0000 | UInt32(flags) << 16, 0,
        ]
        for word in words { frame.append(word: word) }
        let isOpen = gateway.accept(TCPPacket(frame.span.bytes)!, now: now)
        _ = workOff()
        return isOpen
    }

    /// The caller of the gateway has seen that a connection has ended.
    func ended(_ slot: Int, _ leg: MediaLeg) { gateway.legEnded(slot, number: leg.number) }

    /// The caller of the gateway has seen media come from where a leg expects them.
    func heard(_ slot: Int, _ leg: MediaLeg) {
        gateway.legHeard(slot, number: leg.number)
        _ = workOff()
    }

    // MARK: Time

    /// Lets time pass; what the gateway sends meanwhile.
    @discardableResult
    func wait(_ seconds: Double) -> [Arrival] {
        var arrivals: [Arrival] = []
        let end = now + UInt64(seconds * 1e9)
        while now < end {
            now = min(end, max(gateway.nextDue, now + 1_000_000))
            onEvent?(.expire(now))
            while gateway.expire(now: now) { arrivals += workOff() }
        }
        return arrivals
    }

    // MARK: What comes out

    private func workOff() -> [Arrival] {
        for index in 0..<gateway.requestCount { carryOut(gateway.request(index)) }
        var arrivals: [Arrival] = []
        for index in 0..<gateway.outboxCount {
            let datagram = gateway.outgoing(index)
            let data = SIPBench.data(of: datagram, gateway)
            #expect(datagram.length == 28 + data.count)
            arrivals.append(Arrival(source: datagram.source, destination: datagram.destination, data: data))
        }
        gateway.clear()
        return arrivals
    }

    static func data(of datagram: OutgoingDatagram, _ gateway: borrowing SIPGateway) -> [UInt8] {
        let span = gateway.data(of: datagram)
        return (0..<span.byteCount).map { span.octet(at: $0) }
    }

    private func carryOut(_ request: SIPRequest) {
        let leg = request.leg
        switch request.kind {
        case .bind:
            #expect(ports.insert(request.port).inserted || addresses.count > 1, "port \(request.port) bound twice")
        case .unbind: #expect(ports.remove(request.port) != nil, "port \(request.port) was not bound")
        case .expect: expected.insert(request.port)
        case .ignore: expected.remove(request.port)
        case .listen:
            #expect(
                listening.insert(request.port).inserted || addresses.count > 1, "port \(request.port) listens twice")
        case .unlisten: #expect(listening.remove(request.port) != nil, "port \(request.port) did not listen")
        case .accept, .forget: Issue.record("there is no signalling over TCP")
        case .open:
            let isNew = !flows.values.contains { $0.translated == leg.translated && $0.outside == leg.outside }
            #expect(isNew, "the flow \(leg.translated) \(leg.outside) is open already")
            #expect(flows[request.slot] == nil && leg.number != 0)
            #expect(leg.inside.port >= 1024 && leg.inside.address.isPrivate, "a flow to \(leg.inside)")
            #expect(addresses.contains(leg.translated.address) && leg.outside.port != 0)
            #expect(leg.translated.port % 2 == (leg.isControl ? 1 : 0))
            flows[request.slot] = leg
        case .close:
            #expect(flows[request.slot]?.number == leg.number, "a flow that is not open closes")
            flows[request.slot] = nil
        case .observe:
            #expect(flows[request.slot]?.number == leg.number, "a flow that is not open is looked at")
            guard talks else { return }
            onEvent?(.observed(slot: request.slot, number: leg.number, now))
            gateway.legObserved(request.slot, number: leg.number, lastSeen: now)
        }
    }

    /// That nothing is left but what is there without any call.
    func expectNothingLeft(ports free: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        let counts = gateway.counts
        #expect(counts.calls == 0 && counts.media == 0, sourceLocation: sourceLocation)
        #expect(flows.isEmpty && expected.isEmpty && listening.isEmpty, sourceLocation: sourceLocation)
        #expect(gateway.freeMediaPorts == free, sourceLocation: sourceLocation)
    }
}
