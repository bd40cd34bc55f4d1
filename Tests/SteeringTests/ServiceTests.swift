import CSteering
import Foundation
import Steering
import Testing

/// A phone inside, its binding, and a peer whose port is no service's.
let phone = Connection(
    client: "192.168.1.10", clientPort: 5060, serverPort: 5070, routerPort: 33000, isTCP: false)

extension Connection {
    /// Makes the public port a binding.
    @Sendable func bind(_ maps: SteeringMaps) { maps.tables.setBinding(routerPort, true) }

    /// Has media without a flow brought to the worker.
    @Sendable func awaitMedia(_ maps: SteeringMaps) { maps.tables.setAwaited(routerPort, true) }

    /// Makes the client's packets to the server the worker's.
    @Sendable func steer(_ maps: SteeringMaps) throws {
        announce(maps.filter)
        try maps.flows.set(fromInside, to: steering_flow(ofWorkersFor: 7, tick: Router.tick))
    }
}

/// Control conversations go to the worker as they are.
let serviceRows: [Row] = conversationRows + bindingRows + fragmentRows

/// Of a fragmented datagram the first fragment has the ports; a later one that comes before it is nobody's, unless its
/// sender is known for such (`FragmentTests`).
private let fragmentRows: [Row] = {
    func row(_ name: String, _ counter: String, _ action: Row.Action, offset: UInt16, toPort: UInt16 = 5060) -> Row {
        let packet = Packet(
            source: "192.168.1.10", destination: "198.51.100.77", fragment: offset,
            content: .udp(from: 5060, to: toPort))
        return Row(name: name, counter: counter, action: action, frame: packet.fromClient())
    }
    return [
        row("a later fragment before the first", "pass_fragment", .pass, offset: 0x2001),
        row("the first fragment of another service", "pass_fragment", .pass, offset: 0x2000, toPort: 5070),
        row("the first fragment of SIP", "steer_fragment", .redirect, offset: 0x2000),
    ]
}()

private let conversationRows: [Row] = {
    func row(_ name: String, _ packet: Packet, _ tags: Frame.Tag..., fromOutside: Bool = false) -> Row {
        let (to, from) =
            fromOutside
            ? (Router.outsideStation, Station.upstream) : (Router.insideStation, Station.client)
        let frame = Frame(destination: to, source: from, tags: tags, packet: packet)
        return Row(
            name: name, counter: "steer_service", action: .redirect, frame: frame.bytes,
            card: fromOutside ? "out0" : "in0")
    }
    func packet(_ source: String, _ destination: String, _ content: Packet.Content) -> Packet {
        Packet(source: source, destination: destination, content: content)
    }
    let control = packet("192.168.1.10", "198.51.100.21", .tcp(from: 50000, to: 21))
    let answer = packet("198.51.100.21", "203.0.113.7", .tcp(from: 21, to: 33000))
    var optional = control
    optional.options = [7, 7, 4, 0, 0, 0, 0, 0]
    var extended = packet("fd00:1::10", "2001:db8::21", .tcp(from: 50000, to: 21))
    extended.extensions = [
        .init(number: 0), .init(number: 43), .init(number: 60, body: Array(repeating: 0, count: 14)),
    ]
    return [
        row("FTP", control),
        row("FTP with options", optional),
        row("FTP with one tag", control, .init(vlan: 10)),
        row("FTP with one tag and a priority", control, .init(vlan: 0xa00a)),
        row("FTP with two tags", control, .init(protocolType: 0x88a8, vlan: 40), .init(vlan: 41)),
        row("FTP answer", answer, fromOutside: true),
        row(
            "FTP answer to the block's first port", packet("198.51.100.21", "203.0.113.7", .tcp(from: 21, to: 32768)),
            fromOutside: true),
        row(
            "FTP answer to the block's last port", packet("198.51.100.21", "203.0.113.7", .tcp(from: 21, to: 65535)),
            fromOutside: true),
        row("FTP over IPv6", packet("fd00:1::10", "2001:db8::21", .tcp(from: 50000, to: 21))),
        row("FTP over IPv6 with extension headers", extended),
        row("FTP answer over IPv6", packet("2001:db8::21", "fd00:1::10", .tcp(from: 21, to: 50000)), fromOutside: true),
        row("SIP", packet("192.168.1.10", "198.51.100.21", .udp(from: 5060, to: 5060))),
        row("SIP over IPv6", packet("fd00:1::10", "2001:db8::21", .udp(from: 5060, to: 5060))),
        Row(name: "service without a socket", counter: "drop_down", action: .drop, frame: control.fromClient()) {
            $0.sockets.remove(0)
        },
    ]
}()

/// SIP with peers on any port.
private let bindingRows: [Row] = {
    func row(
        _ name: String, _ packet: Packet, counter: String = "steer_service", fromOutside: Bool = true,
        _ arrange: @escaping @Sendable (SteeringMaps) throws -> Void = phone.bind
    ) -> Row {
        Row(
            name: name, counter: counter, action: counter.hasPrefix("pass") ? .pass : .redirect,
            frame: fromOutside ? packet.fromUpstream() : packet.fromClient(), card: fromOutside ? "out0" : "in0",
            arrange: arrange)
    }
    func request(to destination: String = phone.router, _ content: Packet.Content, hops: UInt8 = 64) -> Packet {
        Packet(source: phone.server, destination: destination, hops: hops, content: content)
    }
    func turned(to destination: String = phone.router, hops: UInt8 = 64) -> Packet {
        Packet(
            source: "192.168.1.11", destination: destination, hops: hops,
            content: .udp(from: 5060, to: phone.routerPort))
    }
    let toPhone = Packet.Content.udp(from: phone.serverPort, to: phone.routerPort)
    let response = phone.outgoing().arrives
    return [
        row("SIP to a binding", request(.udp(from: 5060, to: phone.routerPort))),
        row("SIP to a binding from any port", request(toPhone)),
        row("SIP to a binding from port 0", request(.udp(from: 0, to: phone.routerPort))),
        row("SIP to a binding, TTL 1", request(toPhone, hops: 1)),
        row("SIP to a binding while media flows between the hosts", request(toPhone)) {
            phone.bind($0)
            try Connection(serverPort: 20000, routerPort: 33002, isTCP: false).open($0)
        },
        row("SIP to the block's last port", request(.udp(from: 1, to: 65535))) { $0.tables.setBinding(65535, true) },
        row("port of the block that is no binding", request(toPhone), counter: "pass_other") { _ in },
        row("port of the block that is no binding any more", request(toPhone), counter: "pass_other") {
            phone.bind($0)
            $0.tables.setBinding(phone.routerPort, false)
        },
        row("TCP to a binding", request(.tcp(from: phone.serverPort, to: phone.routerPort)), counter: "pass_other"),
        row("TCP to a contact from any port", request(.tcp(from: phone.serverPort, to: phone.routerPort))) {
            $0.tables.setContact(phone.routerPort, true)
        },
        row("SIP over UDP to a contact", request(toPhone), counter: "pass_other") {
            $0.tables.setContact(phone.routerPort, true)
        },
        row("TCP to a port that is a contact no longer", request(.tcp(from: 5070, to: 33000)), counter: "pass_other") {
            phone.bind($0)
            $0.tables.setContact(phone.routerPort, true)
            $0.tables.setContact(phone.routerPort, false)
        },
        row(
            "binding's port of an address that is not NAT's", request(to: "203.0.113.8", toPhone), counter: "pass_other"
        ),
        row(
            "from inside to a port that is a binding here",
            Packet(source: phone.client, destination: phone.server, content: .udp(from: 5060, to: phone.routerPort)),
            counter: "pass_other", fromOutside: false),
        row("media from anywhere, while that may be", request(toPhone), counter: "steer_media", phone.awaitMedia),
        row("awaited media, TTL 1", request(toPhone, hops: 1), counter: "steer_media", phone.awaitMedia),
        row("awaited media no more", request(toPhone), counter: "pass_other") {
            phone.awaitMedia($0)
            $0.tables.setAwaited(phone.routerPort, false)
        },
        row(
            "TCP to a port of awaited media", request(.tcp(from: phone.serverPort, to: phone.routerPort)),
            counter: "pass_other", phone.awaitMedia),
        row("from inside to a binding of another host inside", turned(), counter: "steer_service", fromOutside: false),
        row(
            "the same where its time to live ends here", turned(hops: 1), counter: "pass_elsewhere", fromOutside: false),
        row("from inside to a port of NAT's that is no binding", turned(), counter: "pass_other", fromOutside: false) {
            _ in
        },
        row(
            "from inside to a binding's port of the router itself", turned(to: "192.168.1.1"), counter: "pass_other",
            fromOutside: false),
        row("worker's flow", response, fromOutside: false, phone.steer),
        row("worker's flow, TTL 2", phone.outgoing(hops: 2).arrives, fromOutside: false, phone.steer),
        row(
            "worker's flow whose time to live ends here", phone.outgoing(hops: 1).arrives,
            counter: "pass_elsewhere", fromOutside: false, phone.steer),
        row("worker's flow, another port of the peer", response, counter: "pass_other", fromOutside: false) {
            var other = phone
            other.serverPort += 1
            try other.steer($0)
        },
        Row(
            name: "worker's flow without a socket", counter: "drop_down", action: .drop, frame: response.fromClient()
        ) {
            try phone.steer($0)
            $0.sockets.remove(0)
        },
    ]
}()

@Suite("Services", .enabled(if: isRoot, "needs root"))
struct ServiceTests {
    @Test func `a binding leaves the ports beside it alone`() async throws {
        let bits = try await inOwnNamespace {
            let maps = try Router().program().maps
            return withExtendedLifetime(maps) {
                maps.tables.setBinding(33000, true)
                return [5060, 32999, 33000, 33001].map { maps.tables[services: $0] }
            }
        }
        #expect(bits == [10, 0, 16, 0])
    }
}
