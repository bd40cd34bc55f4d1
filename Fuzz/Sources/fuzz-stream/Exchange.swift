import Rewriting
import WireFormats

/// A conversation through a gateway, and what is known of both of its sides.
struct Exchange: ~Copyable {
    /// One side: what it has sent, and what came out toward it.
    private struct End {
        let endpoint: Endpoint
        var next: SequenceNumber
        /// The number after the highest that it has sent.
        var sentMax: SequenceNumber
        /// What it acknowledges: everything that came out toward it.
        var expected = SequenceNumber(0)
        var initial = SequenceNumber(0)
        /// What came out at each position, counted from `initial`.
        var seen: [UInt8?] = []

        init(_ endpoint: Endpoint, _ number: UInt32) {
            self.endpoint = endpoint
            next = SequenceNumber(number)
            sentMax = next
        }
    }

    /// Small and large ones; the latter only where there is SIP.
    private let buffers: Int
    private let freePorts: Int
    private static let ports: ClosedRange<UInt16> = 40000...40063
    private var gateway: Gateway
    private var now: UInt64 = 100_000_000_000
    private var ends: [End]
    private var translated = Endpoint(IPv4Address(0), 0)
    private var number: UInt32 = 0
    /// Whether pinholes are used, and flows over, when they are looked at.
    private var isUsed = false
    private var isOver = false

    /// A conversation with a server of FTP, or of SIP.
    init(isSIP: Bool) {
        let server = Endpoint(IPv4Address(198, 51, 100, 9), isSIP ? 5060 : 21)
        ends = [End(Endpoint("10.0.0.5:40001")!, 0xffff_ff00), End(server, 5000)]
        buffers = isSIP ? 260 : 256
        let times = ConnectionTimes(
            keepalive: 20_000_000_000, idle: 60_000_000_000, transitory: 10_000_000_000)
        var settings = Settings()
        settings.connection = times
        settings.pinhole = 10_000_000_000
        let address = IPv4Address(203, 0, 113, 7)
        var sip: SIPGateway?
        if isSIP {
            var settings = SIPSettings()
            (settings.invite, settings.media) = (10_000_000_000, 10_000_000_000)
            (settings.hold, settings.linger) = (20_000_000_000, 10_000_000_000)
            settings.binding = 20_000_000_000
            settings.connection = times
            sip = try! SIPGateway(
                .init(bindings: 4, registrations: 4, calls: 4, media: 16), addresses: [address], ports: Exchange.ports,
                settings: settings, table: PublicEndpoints.Table([address], Exchange.ports), seed: 1, now: now)
        }
        gateway = try! Gateway(
            .init(conversations: 2, data: 16), addresses: [address], ports: Exchange.ports, services: [21],
            settings: settings, seed: 1, now: now, sipServices: isSIP ? [5060] : [], sip: sip)
        freePorts = gateway.freePorts
    }

    mutating func connect() {
        send(.inside, ends[0].next, [], .syn, window: 65535)
        ends[0].next = ends[0].next.advanced(by: 1)
        send(.outside, ends[1].next, [], TCPFlags.syn.with(.ack), window: 65535)
        ends[1].next = ends[1].next.advanced(by: 1)
        send(.inside, ends[0].next, [], .ack, window: 65535)
    }

    /// Carries out a step of the input.
    mutating func take(_ step: UInt8, _ input: inout Input) {
        let side: Side = step & 1 == 0 ? .inside : .outside
        let own = Int(side.rawValue)
        switch step >> 1 & 7 {
        case 0, 1, 2:
            let data = input.data()
            let number = ends[own].next
            ends[own].next = number.advanced(by: data.count)
            send(side, number, data, .ack, window: 65535)
        case 3:
            let distance = Int(Int16(bitPattern: input.number16()))
            send(side, ends[own].next.advanced(by: distance), input.data(), .ack, window: 65535)
        case 4:
            ends[own].expected = ends[own].expected.advanced(by: Int(Int8(bitPattern: input.octet())))
            send(side, ends[own].next, [], .ack, window: input.number16())
        case 5:
            let flags = TCPFlags(rawValue: input.octet() & 0x3f)
            let data = input.data()
            let number = ends[own].next
            if flags.has(.fin) { ends[own].next = number.advanced(by: data.count + 1) }
            send(side, number, data, flags, window: input.number16(), urgent: input.number16())
        case 6: pass(seconds: UInt64(input.octet() & 15))
        default:
            isUsed = input.octet() & 1 == 1
            isOver = input.octet() & 1 == 1
        }
    }

    /// Everything ends by itself, and what was taken is given back.
    mutating func finish() {
        isOver = true
        for _ in 0..<12 { pass(seconds: 15) }
        // A registration may keep its connection for a hundred years.
        if gateway.sip.counter(.registrationsOpened) > gateway.sip.counter(.registrationsEnded) { return }
        precondition(gateway.conversationCount == 0, "a conversation never ends")
        precondition(gateway.sip.counts == (0, 0, 0), "a connection's binding, a call or its media never end")
        precondition(gateway.dataCount == 0, "a data connection never ends")
        precondition(gateway.freeBlocks == buffers, "a buffer was lost, or given back twice")
        precondition(gateway.freePorts == freePorts, "a port was lost, or given back twice")
    }

    private mutating func pass(seconds: UInt64) {
        let end = now + seconds * 1_000_000_000
        while now < end {
            now += 500_000_000
            while gateway.expire(now: now) { workOff(nil, []) }
            while gateway.sip.expire(now: now) { gateway.sip.clear() }
        }
    }

    // MARK: Segments

    private mutating func send(
        _ side: Side, _ number: SequenceNumber, _ data: [UInt8], _ flags: TCPFlags, window: UInt16, urgent: UInt16 = 0
    ) {
        let own = Int(side.rawValue)
        let length = data.count + (flags.has(.syn) || flags.has(.fin) ? 1 : 0)
        ends[own].sentMax = SequenceNumber.later(ends[own].sentMax, number.advanced(by: length))
        var frame = [UInt8](repeating: 0, count: 54 + data.count)
        var span = frame.mutableSpan
        var bytes = span.mutableBytes
        bytes.put(0x0800 as UInt16, at: 12)
        bytes.put(0x4500_0000 | UInt32(40 + data.count), at: 14)
        bytes.put(0x4006_0000 as UInt32, at: 22)
        bytes.put(side == .inside ? ends[0].endpoint.address : ends[1].endpoint.address, at: 26)
        bytes.put(side == .inside ? ends[1].endpoint.address : translated.address, at: 30)
        bytes.put(side == .inside ? ends[0].endpoint.port : ends[1].endpoint.port, at: 34)
        bytes.put(side == .inside ? ends[1].endpoint.port : translated.port, at: 36)
        bytes.put(number.value, at: 38)
        bytes.put(ends[own].expected.value, at: 42)
        bytes.put(0x5000_0000 | UInt32(flags.rawValue) << 16 | UInt32(window), at: 46)
        bytes.put(urgent, at: 52)
        for index in data.indices { bytes.put(data[index], at: 54 + index) }
        let packet = TCPPacket(bytes.bytes)!
        bytes.put(Checksum.finish(Checksum.sum(bytes.bytes, 14..<34)), at: 24)
        let pseudo = Checksum.pseudoHeader(packet.source, packet.destination, data.count)
        bytes.put(Checksum.finish(Checksum.sum(bytes.bytes, 34..<54 + data.count, onto: pseudo)), at: 50)
        _ = gateway.receive(bytes.bytes, packet, from: side, now: now)
        workOff(packet, frame)
    }

    private mutating func workOff(_ cause: TCPPacket?, _ original: [UInt8]) {
        for index in 0..<gateway.requestCount { carryOut(gateway.request(index)) }
        var frame = [UInt8](repeating: 0, count: 2048)
        frame[12] = 0x08
        for index in 0..<gateway.outbox.count {
            let outgoing = gateway.outbox[index]
            var span = frame.mutableSpan
            var bytes = span.mutableBytes
            let length = gateway.write(outgoing, cause: cause, original.span.bytes, into: &bytes, at: 14)
            let emitted = bytes.bytes.extracting(0..<14 + length)
            guard let packet = TCPPacket(emitted) else { preconditionFailure("emitted what is no TCP segment") }
            precondition(packet.isIntact(emitted), "emitted a wrong checksum")
            precondition(packet.payload.upperBound == emitted.byteCount, "emitted a wrong length")
            check(packet, emitted, outgoing.toward)
        }
        gateway.clear()
        gateway.sip.clear()
    }

    private mutating func carryOut(_ request: DataRequest) {
        switch request.kind {
        case .open: precondition(gateway.data(request.data).translated.port != 0, "a pinhole without an endpoint opens")
        case .observePinhole: _ = gateway.pinholeObserved(request.data, usedFrom: isUsed ? 20 : 0)
        case .observeFlow:
            _ = gateway.flowObserved(request.data, lastSeen: isOver ? now - 20_000_000_000 : now, hasEnded: isOver)
        }
    }

    /// Whatever a position once held, it holds in every segment; nothing is acknowledged that was never sent.
    private mutating func check(_ packet: TCPPacket, _ bytes: RawSpan, _ side: Side) {
        let own = Int(side.rawValue)
        if packet.flags.has(.syn) {
            // Of several answers to a SYN the first that fits counts.
            if side == .outside { translated = packet.source }
            let isFirst = side == .outside ? number != gateway[0].number : ends[own].seen.isEmpty
            guard isFirst, side == .outside || gateway[0].phase == .open else { return }
            if side == .outside {
                number = gateway[0].number
                ends[0].seen = []
            }
            ends[own].initial = packet.sequence
            ends[own].seen = [nil]
            ends[own].expected = packet.sequence.advanced(by: 1)
            return
        }
        guard !packet.flags.has(.rst), gateway[0].number == number, gateway[0].phase != .opening else { return }
        precondition(packet.acknowledgement <= ends[own].sentMax, "acknowledges what was never sent")
        let position = ends[own].initial.distance(to: packet.sequence)
        let end = position + packet.payload.count
        if packet.payload.isEmpty { return }
        if ends[own].seen.count < end {
            ends[own].seen += [UInt8?](repeating: nil, count: end - ends[own].seen.count)
        }
        for index in 0..<packet.payload.count {
            let octet = bytes.octet(at: packet.payload.lowerBound + index)
            precondition(ends[own].seen[position + index] ?? octet == octet, "the same position holds another octet")
            ends[own].seen[position + index] = octet
        }
        let fin = packet.flags.has(.fin) ? 1 : 0
        ends[own].expected = SequenceNumber.later(
            ends[own].expected, packet.sequence.advanced(by: packet.payload.count + fin))
    }
}

extension Checksum {
    /// The sum of the pseudo header of a TCP segment with so many octets of data and no options.
    fileprivate static func pseudoHeader(_ source: Endpoint, _ destination: Endpoint, _ count: Int) -> UInt64 {
        pseudoHeader(source.address, destination.address, protocol: 6, length: 20 + count)
    }
}
