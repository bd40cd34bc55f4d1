import CSteering
import Steering
import Testing

/// The filter may say that there is something where there is nothing, but never the other way round.
@Suite("Filter", .enabled(if: isRoot, "needs root"))
struct FilterTests {
    @Test func `a flow that the filter does not know is not found`() async throws {
        for connection in [Connection(), .untranslated] {
            let verdicts = try await inOwnNamespace {
                let program = try Router().program()
                try connection.open(program.maps)
                let frame = connection.outgoing().arrives.fromClient()
                let known = try program.run(frame, interface: index("in0")).action
                connection.forget(program.maps.filter)
                let forgotten = try program.run(frame, interface: index("in0")).action
                return [known, forgotten]
            }
            #expect(verdicts == [Row.Action.redirect.rawValue, Row.Action.pass.rawValue], "\(connection.client)")
        }
    }

    @Test func `hosts that were added twice are known until they were removed twice`() async throws {
        let actions = try await inOwnNamespace {
            let program = try Router().program()
            let connection = Connection()
            try connection.open(program.maps)
            connection.announce(program.maps.filter)
            let frame = connection.incoming().arrives.fromUpstream()
            return try (0..<2).map { _ in
                connection.forget(program.maps.filter)
                return try program.run(frame, interface: index("out0")).action
            }
        }
        #expect(actions == [Row.Action.redirect.rawValue, Row.Action.pass.rawValue])
    }

    @Test func `thousands of pairs of random hosts are all found, whatever share their cells`() async throws {
        let counters = try await inOwnNamespace {
            let count = 3000
            let program = try Router().program(flows: UInt32(2 * count))
            var random = SystemRandomNumberGenerator()
            let connections = (0..<count).map { _ in
                Connection(
                    client: "192.168.1.\(UInt8.random(in: 2...254, using: &random))",
                    clientPort: .random(in: 1...65535, using: &random),
                    server: "198.51.100.\(UInt8.random(in: 1...127, using: &random))",
                    serverPort: .random(in: 1...65535, using: &random),
                    routerPort: .random(in: 32768...65535, using: &random))
            }
            for connection in connections { try connection.open(program.maps) }
            for connection in connections[..<(count / 2)] { connection.forget(program.maps.filter) }
            for connection in connections[(count / 2)...] {
                _ = try program.run(connection.incoming().arrives.fromUpstream(), interface: index("out0"))
            }
            return try counted(program.maps)
        }
        #expect(counters["pass_other"] == nil)
        #expect(counters.values.reduce(0, +) == 1500)
    }
}
