import CSteering
import Steering
import Testing

/// A worker's use of the maps, which compiles only if it neither allocates nor locks.
@_noLocks
private func openAndClose(
    _ pinholes: KernelMap<steering_tuple, steering_pinhole>, _ key: steering_tuple, _ pinhole: steering_pinhole
) -> Bool {
    var found = steering_pinhole()
    return pinholes.insert(key, pinhole) && pinholes.lookup(key, into: &found)
        && found.conversation == pinhole.conversation
        && pinholes.remove(key) && !pinholes.lookup(key, into: &found) && !pinholes.remove(key)
}

@Suite("Maps", .enabled(if: isRoot, "needs root"))
struct MapTests {
    private static func program(flows: UInt32 = 4, pinholes: UInt32 = 4) throws -> SteeringProgram {
        try SteeringProgram(capacity: .init(flows: flows, pinholes: pinholes))
    }

    @Test func `an entry is found until it is removed`() throws {
        let program = try Self.program()
        var pinhole = steering_pinhole()
        pinhole.conversation = 42
        #expect(openAndClose(program.maps.pinholes, Connection.active.serverKey, pinhole))
    }

    @Test func `a full map refuses`() throws {
        let program = try Self.program(pinholes: 2)
        let taken = (1...3).map { port in
            program.maps.pinholes.insert(
                steering_tuple(STEERING_OUTSIDE, "192.0.2.1", 0, "192.0.2.2", port), steering_pinhole())
        }
        #expect(taken == [true, true, false])
    }

    @Test func `all entries are listed, whatever their number`() throws {
        let program = try Self.program(flows: 5000)
        for port in 1...UInt16(5000) {
            try program.maps.flows.set(
                steering_tuple(STEERING_INSIDE, "192.0.2.1", port, "192.0.2.2", 1), to: steering_flow())
        }
        let ports = try program.maps.flows.entries().map { UInt16(bigEndian: $0.key.source_port) }
        #expect(ports.sorted() == Array(1...5000))
    }

    @Test func `another process opens the maps from their numbers`() throws {
        let program = try Self.program()
        program.maps.settings.tick = 77
        try Connection().open(program.maps)
        let seen = try SteeringMaps(ids: program.maps.ids.shuffled())
        #expect(seen.settings.tick == 77)
        #expect(try seen.flows.entries().count == 2)
        #expect(seen.ids == program.maps.ids)
    }

    @Test func `maps that are not there are not opened`() throws {
        let error = #expect(throws: SetupError.self) { _ = try SteeringMaps(ids: [UInt32.max]) }
        #expect(error?.description.contains("not running") == true)
    }
}
