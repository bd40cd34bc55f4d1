import Rewriting
import WireFormats

/// Two phones behind a gateway, a server outside, and what XDP would have of their calls.
struct Site: ~Copyable {
    private struct Datagram {
        var data: [UInt8]
        var source: Endpoint
        var destination: Endpoint
        var side: Side
    }

    private static let ports: ClosedRange<UInt16> = 40000...40063
    private static let publicAddress = IPv4Address(203, 0, 113, 7)
    private static let capacity = SIPGateway.Capacity(bindings: 6, registrations: 4, calls: 4, media: 24)
    private static let phones = ["192.168.1.10", "192.168.1.11"]
    private static let server = Endpoint("198.51.100.9:5060")!
    private static let second: UInt64 = 1_000_000_000
    private var gateway: SIPGateway
    private var now: UInt64 = 100 * Site.second
    private var sent: [Datagram] = []
    private var flows: [Int: UInt32] = [:]
    private var bound: Set<UInt16> = []
    private var awaited: Set<UInt16> = []
    private var listening: Set<UInt16> = []
    private let free: Int

    init() {
        gateway = try! SIPGateway(
            Site.capacity, addresses: [Site.publicAddress], ports: Site.ports, settings: SIPSettings(),
            table: PublicEndpoints.Table([Site.publicAddress], Site.ports), seed: 1, now: now)
        free = gateway.freeMediaPorts
    }

    /// Carries out a step of the input.
    mutating func take(_ step: UInt8, _ input: inout Input) {
        let side: Side = step & 1 == 0 ? .inside : .outside
        switch step >> 1 & 15 {
        case 0: pass(seconds: UInt64(input.octet()))
        case 1: pass(seconds: UInt64(input.octet()) * 400)
        case 2, 3:
            guard !sent.isEmpty else { return }
            receive(sent[Int(input.octet()) % sent.count])
        case 4: send(input.data(), side, &input)
        case 5: connect(&input)
        default: send(message(side, &input), side, &input)
        }
    }

    /// Everything ends by itself, and what was taken is given back.
    mutating func finish() {
        for _ in 0..<4 { pass(seconds: 86_400) }
        precondition(gateway.counts.calls == 0, "a call never ends")
        precondition(gateway.counts.media == 0 && flows.isEmpty, "a flow never closes")
        precondition(listening.isEmpty, "a port never ceases to listen")
        precondition(gateway.counts.bindings == 0 && bound.isEmpty, "a binding never ends")
        precondition(gateway.freeMediaPorts == free, "a port was lost, or given back twice")
    }

    private mutating func pass(seconds: UInt64) {
        let end = now + seconds * Site.second
        while now < end {
            now = min(end, max(gateway.nextDue, now + Site.second / 100))
            while gateway.expire(now: now) { workOff() }
        }
    }

    // MARK: Messages

    private func address(_ side: Side, _ input: inout Input) -> String {
        let others = ["0.0.0.0", "host.example.com", "203.0.113.7", "10.9.8.7"]
        let own = side == .inside ? Site.phones : ["198.51.100.9", "192.0.2.5"]
        return input.one(of: own + own + own + others)
    }

    private func endpoint(_ side: Side, _ input: inout Input) -> String {
        let port = input.one(of: [":5060", "", ":5062", ":\(40000 + Int(input.octet()) % 64)"])
        return address(side, &input) + port
    }

    private func message(_ side: Side, _ input: inout Input) -> [UInt8] {
        let methods = ["INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "PRACK", "REGISTER", "INFO", "X"]
        let codes = [100, 183, 200, 200, 302, 401, 491, 503]
        let shape = input.octet()
        let method = methods[Int(shape & 15) % methods.count]
        let isRequest = shape & 0x40 == 0
        let body = shape & 0x20 == 0 ? "" : description(side, &input)
        let tags = ["", ";tag=a", ";tag=b", ";tag=c"]
        var text =
            isRequest
            ? "\(method) sip:x@\(endpoint(side, &input)) SIP/2.0\r\n" : "SIP/2.0 \(input.one(of: codes)) X\r\n"
        text += "Via: SIP/2.0/UDP \(endpoint(side, &input));branch=z9hG4bK1;rport\r\n"
        text += "From: <sip:a@\(endpoint(side, &input))>\(input.one(of: tags))\r\n"
        text += "To: <sip:b@example.com>\(input.one(of: tags))\r\n"
        text += "Call-ID: \(input.octet() % 6)\r\nCSeq: \(input.octet() % 8) \(method)\r\n"
        text += "Contact: <sip:x@\(endpoint(side, &input))>;expires=\(Int(input.octet()) * 8)\r\n"
        if shape & 0x80 != 0 { text += "Content-Length: \(body.utf8.count)\r\n" }
        return Array("\(text)Content-Type: application/sdp\r\n\r\n\(body)".utf8) + (shape == 0xff ? input.data() : [])
    }

    private func description(_ side: Side, _ input: inout Input) -> String {
        var text = "v=0\r\no=- 1 1 IN IP4 \(address(side, &input))\r\ns=-\r\n"
        text += "c=IN IP4 \(address(side, &input))\r\nt=0 0\r\n"
        for _ in 0..<(input.octet() & 3) {
            let port = input.one(of: [0, 80, 65535] + Array(stride(from: 30000, to: 30032, by: 2)))
            text += input.one(of: [
                "m=audio \(port) RTP/AVP 0\r\n", "m=image \(port) udptl t38\r\n", "m=x \(port)/3 RTP/AVP 0\r\n",
                "m=message \(port) TCP/MSRP *\r\na=setup:passive\r\n", "m=x \(port) TCP/RTP/AVP 0\r\n",
            ])
            for _ in 0..<(input.octet() & 3) {
                text += input.one(of: [
                    "a=rtcp-mux\r\n", "a=inactive\r\n", "a=rtcp:\(port + 5)\r\n",
                    "c=IN IP4 \(address(side, &input))\r\n", "a=setup:active\r\n", "a=setup:actpass\r\n",
                    "a=path:msrp://\(address(side, &input)):\(port)/x;tcp\r\n",
                    "a=candidate:1 1 UDP 1 \(address(side, &input)) \(port) typ host\r\n",
                ])
            }
        }
        return text
    }

    // MARK: Datagrams

    private mutating func send(_ data: [UInt8], _ side: Side, _ input: inout Input) {
        let selector = input.octet()
        let inside = Endpoint("\(Site.phones[Int(selector & 1)]):\(selector & 2 == 0 ? 5060 : 5062)")!
        let translated = Endpoint(Site.publicAddress, 40000 + UInt16(selector >> 2))
        let isInside = side == .inside
        let datagram = Datagram(
            data: data, source: isInside ? inside : Site.server, destination: isInside ? Site.server : translated,
            side: side)
        if sent.count < 64 { sent.append(datagram) }
        receive(datagram)
    }

    private mutating func receive(_ datagram: Datagram) {
        var frame = [UInt8](repeating: 0, count: 42) + datagram.data
        var span = frame.mutableSpan
        var bytes = span.mutableBytes
        bytes.put(0x0800 as UInt16, at: 12)
        bytes.put(0x4500_0000 | UInt32(28 + datagram.data.count), at: 14)
        bytes.put(0x4011_0000 as UInt32, at: 22)
        bytes.put(datagram.source.address, at: 26)
        bytes.put(datagram.destination.address, at: 30)
        bytes.put(Checksum.finish(Checksum.sum(bytes.bytes, 14..<34)), at: 24)
        bytes.put(datagram.source.port, at: 34)
        bytes.put(datagram.destination.port, at: 36)
        // Without a checksum, which UDP may be.
        bytes.put(UInt16(8 + datagram.data.count), at: 38)
        gateway.receive(bytes.bytes, UDPPacket(IPv4Packet(bytes.bytes)!, bytes.bytes)!, from: datagram.side, now: now)
        workOff()
    }

    /// Somebody connects to a public port of media, or one that the input names.
    private mutating func connect(_ input: inout Input) {
        let port = input.one(of: listening.sorted() + [40000 + UInt16(input.octet() & 63)])
        let source = input.one(of: [Site.server.address, IPv4Address(192, 0, 2, 5), IPv4Address(203, 0, 113, 7)])
        var frame = [UInt8](repeating: 0, count: 54)
        var span = frame.mutableSpan
        var bytes = span.mutableBytes
        bytes.put(0x0800 as UInt16, at: 12)
        bytes.put(0x4500_0028 as UInt32, at: 14)
        bytes.put(0x4006_0000 as UInt32, at: 22)
        bytes.put(source, at: 26)
        bytes.put(Site.publicAddress, at: 30)
        bytes.put(50000 + UInt16(input.octet()), at: 34)
        bytes.put(port, at: 36)
        bytes.put(0x5002 as UInt16, at: 46)
        _ = gateway.accept(TCPPacket(bytes.bytes)!, now: now)
        workOff()
    }

    private mutating func workOff() {
        for index in 0..<gateway.requestCount {
            let request = gateway.request(index)
            switch request.kind {
            case .bind: precondition(bound.insert(request.port).inserted, "bound twice")
            case .unbind: precondition(bound.remove(request.port) != nil, "unbound twice")
            case .open:
                precondition(flows.updateValue(request.leg.number, forKey: request.slot) == nil, "opened twice")
                precondition(request.leg.inside.port >= 1024, "a flow to a port below 1024")
            case .close:
                precondition(flows.removeValue(forKey: request.slot) == request.leg.number, "closed twice")
            case .expect: awaited.insert(request.port)
            case .ignore: awaited.remove(request.port)
            case .observe: precondition(flows[request.slot] == request.leg.number, "looks at what is closed")
            case .listen: precondition(listening.insert(request.port).inserted, "listens twice")
            case .unlisten: precondition(listening.remove(request.port) != nil, "ceases to listen twice")
            case .accept, .forget: preconditionFailure("there is no signalling over TCP")
            }
        }
        for index in 0..<gateway.outboxCount {
            let datagram = gateway.outgoing(index)
            precondition(gateway.data(of: datagram).byteCount == datagram.length - 28, "a wrong length")
        }
        let counts = gateway.counts
        precondition(counts.bindings <= Site.capacity.bindings && counts.calls <= Site.capacity.calls)
        precondition(counts.media <= Site.capacity.media && counts.media == flows.count)
        precondition(awaited.count <= flows.count, "waits for media that nobody has")
        gateway.clear()
    }
}
