import CSteering
import Steering
import Testing

private let syn: UInt8 = 2

extension Connection {
    /// A server that opens the connection, from a port that nobody knows in advance.
    static let active = Connection(serverPort: 20)

    /// The pinhole that the server's first packet finds: its port stays as it is.
    @Sendable func expectServer(_ maps: SteeringMaps) throws { try expectServer(maps, expires: Router.tick + 1) }

    func expectServer(_ maps: SteeringMaps, expires: UInt32) throws {
        announce(maps.filter)
        maps.claims.open(0, serial: Self.serial)
        var leaves = toInside
        leaves.source_port = 0
        try maps.pinholes.set(serverKey, to: pinhole(leaves, expires: expires))
    }

    /// The pinhole that the client's first packet finds: its port becomes one of the block.
    @Sendable func expectClient(_ maps: SteeringMaps) throws {
        announce(maps.filter)
        maps.claims.open(0, serial: Self.serial)
        if isIPv6 {
            var key = fromInside6
            key.source_port = 0
            try maps.pinholes6.set(key, to: pinhole(steering_translation(), expires: Router.tick + 1))
        } else {
            try maps.pinholes.set(clientKey, to: pinhole(toOutside, expires: Router.tick + 1))
        }
    }

    /// The serial number of the pinholes of these tests.
    static let serial: UInt32 = 0xfeed_0001

    var serverKey: steering_tuple {
        var key = fromOutside
        key.source_port = 0
        return key
    }
    var clientKey: steering_tuple {
        var key = fromInside
        key.source_port = 0
        return key
    }

    private func pinhole(_ leaves: steering_translation, expires: UInt32) -> steering_pinhole {
        steering_pinhole(leaves: leaves, conversation: 7, expires: expires, claim: 0, serial: Self.serial)
    }
}

/// The first packet through a door.
let pinholeRows: [Row] = {
    let active = Connection.active
    let media = Connection(serverPort: 20000, isTCP: false)
    func row(
        _ name: String, _ counter: String = "forward_pinhole", _ connection: Connection = .active, flags: UInt8 = syn,
        expires: UInt32 = Router.tick + 1, room: UInt32 = 16,
        _ change: @escaping @Sendable (SteeringMaps) throws -> Void = { _ in }
    ) -> Row {
        let packet = connection.incoming { $0.setFlags(flags) }
        let opens = counter == "forward_pinhole"
        return Row(
            name: name, counter: counter, action: opens ? .redirect : .drop, frame: packet.arrives.fromUpstream(),
            card: "out0", leaves: opens ? packet.leaves.toClient() : nil, room: room
        ) {
            try connection.expectServer($0, expires: expires)
            try change($0)
        }
    }
    func passive(_ name: String, _ connection: Connection) -> Row {
        let packet = connection.outgoing { $0.setFlags(syn) }
        return Row(
            name: name, counter: "forward_pinhole", action: .redirect, frame: packet.arrives.fromClient(),
            leaves: packet.leaves.toUpstream(), arrange: connection.expectClient)
    }
    let foreign = Row(
        name: "another server", counter: "pass_other", action: .pass,
        frame: Connection(server: "198.51.100.22").incoming { $0.setFlags(syn) }.arrives.fromUpstream(), card: "out0",
        arrange: active.expectServer)
    return [
        row("active"), row("media", "forward_pinhole", media),
        row("SYN with ECN bits", flags: 0xc2),
        passive("passive", Connection()), passive("passive over IPv6", .untranslated), foreign,
        row("SYN and ACK", "drop_pinhole_state", flags: 0x12), row("ACK", "drop_pinhole_state", flags: 0x10),
        row("RST", "drop_pinhole_state", flags: 0x04), row("SYN and FIN", "drop_pinhole_state", flags: 0x03),
        row("no flags", "drop_pinhole_state", flags: 0),
        row("at its end", "drop_expired_pinhole", expires: Router.tick),
        row("past its end", "drop_expired_pinhole", expires: Router.tick - 10),
        row("shut", "drop_claimed_pinhole") { _ = $0.claims.shut(0, serial: Connection.serial) },
        row("of a claim that is another pinhole's by now", "drop_claimed_pinhole") { $0.claims.open(0, serial: 1) },
        row("shut and opened again") {
            _ = $0.claims.shut(0, serial: Connection.serial)
            $0.claims.reopen(0, serial: Connection.serial)
        },
        row("room for one flow only", "drop_flow_full", room: 1),
    ]
}()

@Suite("Pinholes", .enabled(if: isRoot, "needs root"))
struct PinholeTests {
    @Test func `a pinhole becomes the flows of both directions`() async throws {
        let active = Connection.active
        let passive = Connection()
        for (name, connection) in [("active", active), ("passive", passive)] {
            let row = try #require(pinholeRows.first { $0.name == name })
            let outcome = try #require(try await outcomes(of: [row]).first)
            let inside = try #require(outcome.flow(connection.fromInside))
            let outside = try #require(outcome.flow(connection.fromOutside))
            #expect(outcome.flows.count == 2)
            #expect(raw(inside.leaves) == raw(connection.toOutside))
            #expect(raw(outside.leaves) == raw(connection.toInside))
            #expect([inside.conversation, outside.conversation] == [7, 7])
            #expect(inside.packets + outside.packets == 1)
            let port = name == "active" ? connection.serverPort : connection.clientPort
            #expect(outcome.claim == .used(port: port.bigEndian))
        }
    }

    @Test func `what does not open the pinhole leaves it, and the flows, as they were`() async throws {
        for outcome in try await outcomes(of: pinholeRows.filter { $0.action == .drop }) {
            #expect(outcome.pinholes == 1, "\(outcome.row.name)")
            #expect(outcome.flows.isEmpty, "\(outcome.row.name)")
            #expect(outcome.claim == .shut, "\(outcome.row.name)")
        }
    }

    @Test func `the second packet is a flow's, and another port finds the pinhole taken`() async throws {
        let counters = try await inOwnNamespace {
            let program = try Router().program()
            try Connection.active.expectServer(program.maps)
            let first = Connection.active.incoming { $0.setFlags(syn) }.arrives.fromUpstream()
            let other = Connection(serverPort: 21000).incoming { $0.setFlags(syn) }.arrives.fromUpstream()
            for frame in [first, first, other] { _ = try program.run(frame, interface: index("out0")) }
            return try counted(program.maps)
        }
        #expect(counters == ["forward_pinhole": 1, "forward_flow": 1, "drop_claimed_pinhole": 1])
    }

    @Test func `a pinhole whose flows have gone does not open a second time`() async throws {
        let (counters, flows) = try await inOwnNamespace {
            let program = try Router().program()
            let connection = Connection.active
            try connection.expectServer(program.maps)
            let first = connection.incoming { $0.setFlags(syn) }.arrives.fromUpstream()
            _ = try program.run(first, interface: index("out0"))
            program.maps.flows.remove(FlowPair(forward: connection.fromOutside, reverse: connection.fromInside))
            _ = try program.run(first, interface: index("out0"))
            return (try counted(program.maps), try program.maps.flows.entries().count)
        }
        #expect(counters == ["forward_pinhole": 1, "drop_claimed_pinhole": 1])
        #expect(flows == 0)
    }

    @Test func `removing a connection spares the flow that a newer one has taken over`() async throws {
        let left = try await inOwnNamespace {
            let maps = try Router().program().maps
            let old = Connection.active
            let new = Connection(serverPort: 20, routerPort: 33001)
            try old.open(maps)
            try new.open(maps)  // The same way out: client port and server port are the old ones.
            maps.flows.remove(FlowPair(forward: old.fromOutside, reverse: old.fromInside))
            let kept = try maps.flows.entries().map { raw($0.key) }
            maps.flows.remove(FlowPair(forward: new.fromOutside, reverse: new.fromInside))
            return (Set(kept), Set([raw(new.fromInside), raw(new.fromOutside)]), try maps.flows.entries().count)
        }
        #expect(left.0 == left.1)
        #expect(left.2 == 0)
    }
}
