import CSteering
import Foundation
import Steering

/// A row of a packet table: a frame, the router's state, and what must come of it.
struct Row: Sendable {
    let name: String
    /// The counter that the packet must count in, and no other.
    let counter: String
    let action: Action
    /// The frame that arrives.
    let frame: [UInt8]
    /// The card that it arrives on.
    var card = "in0"
    /// The frame that leaves; nil if it is the one that came.
    var leaves: [UInt8]?
    /// How many flows and pinholes there is room for.
    var room: UInt32 = 16
    /// Puts flows, pinholes and settings into place.
    var arrange: @Sendable (SteeringMaps) throws -> Void = { _ in }

    enum Action: UInt32, Sendable {
        case drop = 1
        case pass = 2
        case redirect = 4
    }
}

/// What came of a row.
struct Outcome: Sendable {
    let row: Row
    let action: Row.Action?
    let frame: [UInt8]
    /// The counters that are not 0.
    let counters: [String: UInt64]
    /// Of both families; the keys as bytes.
    let flows: [(key: [UInt8], value: steering_flow)]
    let pinholes: Int
    /// What came of the pinhole of claim 0.
    let claim: Claims.Closing

    /// The flow of a key, if there is one.
    func flow(_ key: steering_tuple) -> steering_flow? { flows.first { $0.key == raw(key) }?.value }
}

private let addressFamilyXDP: Int32 = 44  // AF_XDP is not in the Glibc module

/// Runs the rows in a router of their own, each with empty tables.
func outcomes(of rows: [Row]) async throws -> [Outcome] {
    try await inOwnNamespace {
        let router = try Router()
        // The kernel takes any AF_XDP socket into the map; to receive, it would have to be bound.
        let socket = socket(addressFamilyXDP, Int32(SOCK_RAW.rawValue), 0)
        defer { close(socket) }
        var programs: [UInt32: SteeringProgram] = [:]  // by room: to load one takes a tenth of a second
        return try rows.map { row in
            let program = try programs[row.room] ?? router.program(flows: row.room, pinholes: row.room)
            programs[row.room] = program
            try program.maps.sockets.set(0, to: socket)
            try program.maps.sockets.set(1, to: socket)
            defer { programs[row.room] = try? router.reset(program) }
            return try outcome(of: row, program)
        }
    }
}

private func outcome(of row: Row, _ program: SteeringProgram) throws -> Outcome {
    try row.arrange(program.maps)
    let before = try counted(program.maps)
    let run = try program.run(row.frame, interface: index(row.card))
    let counters = try counted(program.maps).merging(before) { $0 - $1 }.filter { $0.value > 0 }
    return try Outcome(
        row: row, action: Row.Action(rawValue: run.action), frame: run.frame, counters: counters,
        flows: program.maps.flows.entries().map { (raw($0.key), $0.value) }
            + program.maps.flows6.entries().map { (raw($0.key), $0.value) },
        pinholes: program.maps.pinholes.entries().count + program.maps.pinholes6.entries().count,
        claim: program.maps.claims.shut(0, serial: Connection.serial))
}

/// The counters that are not 0.
func counted(_ maps: SteeringMaps) throws -> [String: UInt64] {
    let readings = try maps.counters.readings().filter { $0.packets > 0 }
    return Dictionary(uniqueKeysWithValues: readings.map { ($0.name, $0.packets) })
}
