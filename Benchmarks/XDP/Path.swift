import CXDP
import Foundation
import Steering

/// A path through a program: a frame that takes it, on an interface, and what has to come of every run.
struct Path {
    let program: Int32
    let frame: [UInt8]
    var interface = "in0"
    var runs = 1_000_000
    let action: xdp_action
    /// Where the program counts, and the verdict in which every run has to count; nil for one that does not count.
    var counts: (maps: SteeringMaps, verdict: String)?

    /// One sample: nanoseconds a run, with what the kernel's loop takes.
    /// - Throws: `OtherPath` if any run took another one.
    func nanoseconds() throws -> Double {
        let before = try counted()
        let start = Path.processorTime
        let run = try TestRun(of: program, frame, interface: if_nametoindex(interface), repeats: Int32(runs))
        let time = Path.processorTime - start
        let counters = try counted().merging(before) { $0 - $1 }.filter { $0.value > 0 }
        let expected = counts.map { [$0.verdict: UInt64(runs)] } ?? [:]
        guard run.action == action.rawValue, counters == expected else {
            throw OtherPath(expected: expected, found: counters, action: run.action)
        }
        return time / Double(runs)
    }

    /// What this thread has run, in nanoseconds. Not the time of day: around a test-run with repeats the kernel waits
    /// for some milliseconds; and not the kernel's own figure, which is in whole nanoseconds.
    private static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    private func counted() throws -> [String: UInt64] {
        let readings = try counts?.maps.counters.readings() ?? []
        return Dictionary(uniqueKeysWithValues: readings.map { ($0.name, $0.packets) })
    }
}

/// Runs that were to measure a path, and did not all take it.
struct OtherPath: Error, CustomStringConvertible {
    let expected: [String: UInt64]
    let found: [String: UInt64]
    let action: UInt32

    var description: String { "not the path that was to be measured: \(found) for \(expected), action \(action)" }
}
