import CSteering
import Steering
import Testing

/// Packets of a data connection: translated and sent, or to the worker as they are if they cannot be sent.
let flowRows: [Row] = forwardRows + stuckRows

private let forwardRows: [Row] = {
    let tcp = Connection()
    let udp = Connection(isTCP: false)
    let tagged = Connection(client: "192.168.10.10", server: "203.0.120.99")
    let twice = Connection(client: "192.168.40.10", server: "203.0.130.99")
    func out(_ name: String, _ connection: Connection, hops: UInt8 = 64, _ change: (inout Packet) -> Void = { _ in })
        -> Row
    {
        let packet = connection.outgoing(hops: hops, change)
        return Row(
            name: name, counter: "forward_flow", action: .redirect, frame: packet.arrives.fromClient(),
            leaves: packet.leaves.toUpstream(), arrange: connection.open)
    }
    func into(_ name: String, _ connection: Connection, hops: UInt8 = 64, _ change: (inout Packet) -> Void = { _ in })
        -> Row
    {
        let packet = connection.incoming(hops: hops, change)
        return Row(
            name: name, counter: "forward_flow", action: .redirect, frame: packet.arrives.fromUpstream(), card: "out0",
            leaves: packet.leaves.toClient(), arrange: connection.open)
    }
    func retagged(_ name: String, _ connection: Connection, _ came: [Frame.Tag], _ left: [Frame.Tag]) -> Row {
        let packet = connection.outgoing()
        return Row(
            name: name, counter: "forward_flow", action: .redirect,
            frame: Frame(tags: came, packet: packet.arrives).bytes,
            leaves: Frame(
                destination: Station.upstream, source: Router.outsideStation, tags: left, packet: packet.leaves
            ).bytes, arrange: connection.open)
    }
    let one = Frame.Tag(vlan: 10)
    let two = [Frame.Tag(protocolType: 0x88a8, vlan: 40), Frame.Tag(vlan: 41)]
    let oneOut = Frame.Tag(vlan: 20)
    let twoOut = [Frame.Tag(protocolType: 0x88a8, vlan: 30), Frame.Tag(vlan: 31)]
    var padded = into("padding behind the packet", tcp) { $0.setPayload([]) }
    let padding = Row(
        name: padded.name, counter: padded.counter, action: padded.action, frame: padded.frame + [0, 0, 0, 0, 0, 0],
        card: "out0", leaves: padded.leaves! + [0, 0, 0, 0, 0, 0], arrange: tcp.open)
    padded = padding
    return [
        out("TCP out", tcp), into("TCP in", tcp),
        out("UDP out", udp), into("UDP in", udp),
        out("TCP with options", tcp) { $0.options = [7, 7, 4, 0, 0, 0, 0, 0] },
        out("IP header of 60 bytes", udp) { $0.options = Array(repeating: 1, count: 40) },
        out("odd payload", tcp) { $0.setPayload(Array(0..<251)) },
        out("two hops left", tcp, hops: 2), into("255 hops left", udp, hops: 255),
        out("UDP without checksum", udp) { $0.setPayload([1, 2, 3], hasChecksum: false) },
        out("UDP checksum that comes out as 0", udp) { $0.setPayload(payloadForZero(udp.outgoing().leaves)) },
        padded,
        out("IPv6 out", .untranslated), into("IPv6 in", .untranslated),
        out("IPv6 with extension headers", .untranslated) {
            $0.extensions = [.init(number: 0), .init(number: 43), .init(number: 60)]
        },
        retagged("no tag, one tag", Connection(server: "203.0.120.99"), [], [oneOut]),
        retagged("no tag, two tags", Connection(server: "203.0.130.99"), [], twoOut),
        retagged("one tag, no tag", Connection(client: "192.168.10.10"), [one], []),
        retagged("one tag, one tag", tagged, [one], [oneOut]),
        retagged("one tag, two tags", Connection(client: "192.168.10.10", server: "203.0.130.99"), [one], twoOut),
        retagged("two tags, no tag", Connection(client: "192.168.40.10"), two, []),
        retagged("two tags, one tag", Connection(client: "192.168.40.10", server: "203.0.120.99"), two, [oneOut]),
        retagged("two tags, two tags", twice, two, twoOut),
        retagged("priority tag, no tag", tcp, [Frame.Tag(vlan: 0xa000)], []),
    ]
}()

private let stuckRows: [Row] = {
    func row(
        _ name: String, _ counter: String, _ connection: Connection, hops: UInt8 = 64,
        _ change: (inout Packet) -> Void = { _ in }
    ) -> Row {
        Row(
            name: name, counter: counter, action: .redirect,
            frame: connection.outgoing(hops: hops, change).arrives.fromClient(), arrange: connection.open)
    }
    var down = row("no neighbour and no socket", "drop_flow_down", Connection(server: "203.0.113.99"))
    down = Row(name: down.name, counter: down.counter, action: .drop, frame: down.frame) {
        try Connection(server: "203.0.113.99").open($0)
        $0.sockets.remove(0)
    }
    let lost = Row(
        name: "card that is not in the device map", counter: "steer_card", action: .redirect,
        frame: Connection().outgoing().arrives.fromClient()
    ) {
        try Connection().open($0)
        $0.ports.remove(Router.outsideExit)
    }
    return [
        row("TTL 1", "steer_expiring", Connection(), hops: 1),
        row("TTL 0", "steer_expiring", Connection(), hops: 0),
        row("hop limit 1", "steer_expiring", .untranslated, hops: 1),
        row("no neighbour", "steer_neighbour", Connection(server: "203.0.113.99")),
        row(
            "no IPv6 neighbour", "steer_neighbour",
            Connection(
                client: "fd00:1::10", server: "fd00:2::99", router: "fd00:1::10", routerPort: 50000)),
        row("larger than the way's MTU", "steer_big", Connection(server: "198.51.100.200")) {
            $0.setPayload(Array(repeating: 1, count: 600))
        },
        row("unreachable", "steer_unroutable", Connection(server: "10.99.0.1")),
        row("way out of an interface that is not configured", "steer_unroutable", Connection(server: "10.98.0.9")),
        lost, down,
    ]
}()

/// A payload with which the checksum of a UDP packet is 0, sent as 0xffff.
private func payloadForZero(_ packet: Packet) -> [UInt8] {
    var packet = packet
    packet.setPayload([0, 0])
    let header = packet.bytes.count - 2
    return Array(packet.bytes[header - 2..<header])
}

@Suite("Flows", .enabled(if: isRoot, "needs root"))
struct FlowTests {
    @Test func `packets, bytes and the time of the last packet are kept`() async throws {
        let connection = Connection()
        let packet = connection.outgoing().arrives
        let outcome = try #require(
            try await outcomes(of: [
                Row(
                    name: "TCP", counter: "forward_flow", action: .redirect, frame: packet.fromClient(),
                    arrange: connection.open)
            ]).first)
        let flow = try #require(outcome.flow(connection.fromInside))
        #expect(flow.packets == 11)
        #expect(flow.bytes == 1000 + UInt64(packet.bytes.count))
        #expect(flow.last_seen == Router.tick)
        #expect(outcome.flow(connection.fromOutside)?.packets == 10)
    }

    /// But for those that a worker sends as XDP would: so do all of the flow.
    @Test func `a packet that goes to the worker is not accounted`() async throws {
        for outcome in try await outcomes(of: stuckRows) {
            let accounted = outcome.flows.count { $0.value.packets == 11 }
            #expect(accounted == (outcome.row.counter == "steer_card" ? 1 : 0), "\(outcome.row.name)")
            #expect(outcome.flows.allSatisfy { 10...11 ~= $0.value.packets }, "\(outcome.row.name)")
        }
    }

    @Test(arguments: [(UInt8(0x10), UInt32(0)), (0x11, 1), (0x04, 2), (0x14, 2), (0x15, 3)])
    func `FIN and RST are noted in their direction`(flags: UInt8, noted: UInt32) async throws {
        let connection = Connection()
        let packet = connection.outgoing { $0.setFlags(flags) }
        let outcome = try #require(
            try await outcomes(of: [
                Row(
                    name: "TCP", counter: "forward_flow", action: .redirect, frame: packet.arrives.fromClient(),
                    arrange: connection.open)
            ]).first)
        #expect(outcome.flow(connection.fromInside)?.flags == noted)
        #expect(outcome.flow(connection.fromOutside)?.flags == 0)
    }
}
