import BenchmarkSupport
import Steering

/// The account of the frames that a run sent through the gateway's XDP program.
struct Frames {
    private var sent = 0.0
    private var arrived = 0.0
    private let dropsBefore: Double

    /// Begins the account.
    init(_ path: Path, _ maps: SteeringMaps) throws {
        dropsBefore = try Frames.namedDrops(path, maps)
    }

    /// Adds a run.
    mutating func add(_ run: LossSearch.Run) {
        sent += run.sent
        arrived += run.received
    }

    /// Frames sent, less those that arrived and those that somebody counted when he dropped or kept them.
    func unaccounted(_ path: Path, _ maps: SteeringMaps) throws -> Double {
        sent - arrived - (try Frames.namedDrops(path, maps) - dropsBefore)
    }

    /// What the program dropped or gave to a worker, and what found no room in a ring.
    private static func namedDrops(_ path: Path, _ maps: SteeringMaps) throws -> Double {
        let readings = try maps.counters.readings().filter { $0.name.hasPrefix("drop_") || $0.name.hasPrefix("steer_") }
        return Double(readings.reduce(0) { $0 + $1.packets }) + (try path.ringFull())
    }
}
