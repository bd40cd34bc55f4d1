import CSteering
import Foundation
import Steering
import Testing

/// What the program remembers of the kernel's tables, and of its own, is true only as long as nothing has changed.
@Suite("What is remembered", .enabled(if: isRoot, "needs root"))
struct HopTests {
    /// Runs a packet, then changes something, then runs it again; the frames and the counters of both runs.
    private func twice(
        _ frame: [UInt8], _ arrange: @escaping @Sendable (SteeringMaps) throws -> Void = { _ in },
        change: @escaping @Sendable (SteeringMaps) throws -> Void
    ) async throws -> (frames: [[UInt8]], counters: [[String: UInt64]]) {
        try await inOwnNamespace {
            try stayOnProcessor()
            let program = try Router().program()
            let maps = program.maps
            let socket = AF_XDPSocket()
            defer { socket.close() }
            try maps.sockets.set(0, to: socket.descriptor)
            try arrange(maps)
            let first = try program.run(frame, interface: index("in0"))
            let counters = try counted(maps)
            try change(maps)
            let second = try program.run(frame, interface: index("in0"))
            return ([first.frame, second.frame], [counters, try counted(maps).merging(counters) { $0 - $1 }])
        }
    }

    private static let packet = Connection().outgoing()
    private static let elsewhere: [UInt8] = [2, 0, 0, 0, 7, 7]

    /// Frames that leave to another station than usual.
    private static func to(_ station: [UInt8]) -> [UInt8] { station + packet.leaves.toUpstream().dropFirst(6) }

    @Test func `a flow goes to the new station of its neighbour after the next generation`() async throws {
        let seen = try await twice(Self.packet.arrives.fromClient(), Connection().open) { maps in
            try shell("ip neighbour replace 203.0.113.1 lladdr 02:00:00:00:07:07 nud permanent dev out0")
            maps.settings.renew()
        }
        #expect(seen.frames == [Self.to(Station.upstream), Self.to(Self.elsewhere)])
    }

    @Test func `without a new generation a flow asks again after some seconds`() async throws {
        for (seconds, station) in [
            (UInt32(STEERING_HOP_SECONDS.rawValue) - 1, Station.upstream),
            (UInt32(STEERING_HOP_SECONDS.rawValue), Self.elsewhere),
        ] {
            let seen = try await twice(Self.packet.arrives.fromClient(), Connection().open) { maps in
                try shell("ip neighbour replace 203.0.113.1 lladdr 02:00:00:00:07:07 nud permanent dev out0")
                maps.settings.tick += seconds
            }
            #expect(seen.frames == [Self.to(Station.upstream), Self.to(station)], "\(seconds) seconds")
        }
    }

    @Test func `a flow takes a new route after the next generation`() async throws {
        let seen = try await twice(Self.packet.arrives.fromClient(), Connection().open) { maps in
            try shell("ip route add 198.51.100.21 via 203.0.120.99")
            maps.settings.renew()
        }
        let tagged = Frame(
            destination: Station.upstream, source: Router.outsideStation, tags: [.init(vlan: 20)],
            packet: Self.packet.leaves)
        #expect(seen.frames == [Self.to(Station.upstream), tagged.bytes])
    }

    @Test func `a flow whose neighbour has gone is the worker's`() async throws {
        let seen = try await twice(Self.packet.arrives.fromClient(), Connection().open) { maps in
            try shell("ip neighbour delete 203.0.113.1 dev out0")
            maps.settings.renew()
        }
        #expect(seen.counters[1]["steer_neighbour"] == 1)
    }

    @Test func `a remembered hop is narrow for every packet, and no other class of traffic takes it`() async throws {
        let (counters, way) = try await inOwnNamespace {
            let program = try Router().program()
            let narrow = Connection(server: "198.51.100.200")
            try narrow.open(program.maps)
            try shell("ip rule add dsfield 0x10 lookup 100; ip route add default via 203.0.120.99 table 100")
            var packet = narrow.outgoing().arrives.fromClient()
            _ = try program.run(packet, interface: index("in0"))
            let big = narrow.outgoing { $0.setPayload(Array(repeating: 1, count: 600)) }.arrives.fromClient()
            _ = try program.run(big, interface: index("in0"))
            packet[15] = 0x10
            let other = try program.run(packet, interface: index("in0"))
            return (try counted(program.maps), other.frame[12..<16])
        }
        #expect(counters["forward_flow"] == 2)
        #expect(counters["drop_flow_down"] == 1, "too big, and the router has no socket")
        #expect(Array(way) == [0x81, 0, 0, 20])
    }

    @Test func `where a service leads is asked again after the next generation`() async throws {
        let control = Packet(
            source: "192.168.1.10", destination: "198.51.100.21", content: .tcp(from: 50000, to: 21)
        ).fromClient()
        let seen = try await twice(control) { maps in
            try shell("ip route add 198.51.100.21 via 10.98.0.9")
            maps.settings.renew()
        }
        #expect(seen.counters[0] == ["steer_service": 1])
        #expect(seen.counters[1]["pass_elsewhere"] == 1)
        let remembered = try await twice(control) { _ in try shell("ip route add 198.51.100.21 via 10.98.0.9") }
        #expect(remembered.counters[1]["steer_service"] == 1, "nobody has said that something changed")
    }

    @Test func `an address that has become the router's own is left to it after the next generation`() async throws {
        let control = Packet(
            source: "192.168.1.10", destination: "198.51.100.21", content: .tcp(from: 50000, to: 21)
        ).fromClient()
        let seen = try await twice(control) { maps in
            try maps.addresses.set(steering_address("198.51.100.21"), to: STEERING_ADDRESS_LOCAL.rawValue)
            maps.settings.renew()
        }
        #expect(seen.counters[1]["pass_local"] == 1)
    }
}

/// A socket that the kernel takes into the map; to receive, it would have to be bound.
private struct AF_XDPSocket {
    let descriptor = socket(44, Int32(SOCK_RAW.rawValue), 0)
    func close() { Glibc.close(descriptor) }
}
