import Foundation
import Steering
import Testing

/// Fragments of services' datagrams, in whatever order they come.
@Suite("Fragments of services", .enabled(if: isRoot, "needs root"))
struct FragmentTests {
    /// The program on a router, and what it does with fragments, which have no other ports than the first one's.
    private struct Fragments {
        /// Flags and offset of a fragment.
        enum Place: UInt16 {
            case first = 0x2000
            case middle = 0x2001
            case last = 0x0002
        }

        let program: SteeringProgram

        /// Whether each of these fragments of a datagram goes to a worker, as they come.
        func areSteered(
            _ number: UInt16, _ places: [Place], from source: String = "192.168.1.10", to port: UInt16 = 5060,
            vlan: UInt16? = nil
        ) throws -> [Bool] {
            try places.map {
                let packet = Packet(
                    source: source, destination: "198.51.100.21", identification: number, fragment: $0.rawValue,
                    content: .udp(from: 5060, to: port))
                let frame = vlan.map { packet.fromClient(.init(vlan: $0)) } ?? packet.fromClient()
                let action = try program.run(frame, interface: index("in0")).action
                #expect(action == Row.Action.redirect.rawValue || action == Row.Action.pass.rawValue)
                return action == Row.Action.redirect.rawValue
            }
        }

        func pass(seconds: UInt32) { program.maps.settings.tick += seconds }
    }

    private func withFragments(_ body: @escaping @Sendable (Fragments) throws -> Void) async throws {
        try await inOwnNamespace {
            try stayOnProcessor()
            let router = try Router()
            let program = try router.program()
            let socket = socket(44, Int32(SOCK_RAW.rawValue), 0)  // AF_XDP, which the Glibc module does not have
            defer { close(socket) }
            try program.maps.sockets.set(0, to: socket)
            try withExtendedLifetime(router) { try body(Fragments(program: program)) }
        }
    }

    @Test func `later fragments go where the first one has gone, for two seconds`() async throws {
        try await withFragments { (fragments) throws in
            #expect(try fragments.areSteered(1, [.first, .middle, .last]) == [true, true, true])
            #expect(try fragments.areSteered(1, [.last], from: "192.168.1.11") == [false])
            #expect(try fragments.areSteered(2, [.first, .last], to: 5070) == [false, false])
            fragments.pass(seconds: 300)
            #expect(try fragments.areSteered(1, [.last]) == [false])
        }
    }

    @Test func `one before its first goes to the worker if its sender has sent a first one in five minutes`()
        async throws
    {
        try await withFragments { (fragments) throws in
            #expect(try fragments.areSteered(1, [.last, .middle, .first]) == [false, false, true])
            #expect(try fragments.areSteered(2, [.last, .middle, .first]) == [true, true, true])
            #expect(try fragments.areSteered(3, [.last], from: "192.168.1.11") == [false])
            fragments.pass(seconds: 299)
            #expect(try fragments.areSteered(4, [.last]) == [true])
            fragments.pass(seconds: 1)
            #expect(try fragments.areSteered(5, [.last]) == [false])
        }
    }

    @Test func `those of an answer to a peer whose port is no service's go to the worker, too`() async throws {
        try await withFragments { (fragments) throws in
            try phone.steer(fragments.program.maps)
            #expect(try fragments.areSteered(1, [.first, .last], to: phone.serverPort) == [true, true])
            #expect(try fragments.areSteered(2, [.first], to: phone.serverPort + 1) == [false])
        }
    }

    @Test func `so it is with VLAN tags`() async throws {
        try await withFragments { (fragments) throws in
            #expect(try fragments.areSteered(1, [.first], vlan: 10) == [true])
            #expect(try fragments.areSteered(2, [.last, .first], vlan: 10) == [true, true])
        }
    }

    @Test func `a sender of other datagrams, the last fragment first, is disturbed once`() async throws {
        try await withFragments { (fragments) throws in
            #expect(try fragments.areSteered(1, [.first]) == [true])
            #expect(try fragments.areSteered(2, [.last, .first, .middle], to: 5070) == [true, false, false])
            for number in 3..<6 as Range<UInt16> {
                #expect(try fragments.areSteered(number, [.last, .middle, .first], to: 5070) == [false, false, false])
            }
        }
    }

    @Test func `a sender of other datagrams, the first fragment first, is not disturbed, nor is its SIP`() async throws
    {
        try await withFragments { (fragments) throws in
            #expect(try fragments.areSteered(1, [.first]) == [true])
            for number in 2..<6 as Range<UInt16> {
                #expect(try fragments.areSteered(number, [.first, .middle, .last], to: 5070) == [false, false, false])
            }
            #expect(try fragments.areSteered(6, [.last, .first]) == [true, true])
        }
    }
}
