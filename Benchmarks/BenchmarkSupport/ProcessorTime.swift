// Where the processors' time went, by /proc/stat: ticks of 10 ms, over all processors together.

import Foundation

/// Processor time since the machine's start, in seconds, of all processors together.
public struct ProcessorTime: Sendable {
    /// Spent on anything but waiting, interrupts included.
    public let busy: Double
    /// Taken by other guests of the same host while this machine wanted to run.
    public let stolen: Double
    /// All of it.
    public let total: Double

    /// Now.
    public init() {
        let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
        // cpu user nice system idle iowait irq softirq steal guest guest_nice; the guests are in user already.
        let ticks = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
        let seconds = ticks.map { $0 / Double(sysconf(Int32(_SC_CLK_TCK))) }
        total = seconds.reduce(0, +)
        stolen = seconds.count == 8 ? seconds[7] : 0
        busy = seconds.count == 8 ? total - seconds[3] - seconds[4] - seconds[7] : 0
    }

    private init(busy: Double, stolen: Double, total: Double) {
        self.busy = busy
        self.stolen = stolen
        self.total = total
    }

    /// What passed between two readings.
    public static func - (later: ProcessorTime, earlier: ProcessorTime) -> ProcessorTime {
        ProcessorTime(
            busy: later.busy - earlier.busy, stolen: later.stolen - earlier.stolen, total: later.total - earlier.total)
    }

    /// The share that was stolen, in percent.
    public var stealPercent: Double { total > 0 ? 100 * stolen / total : 0 }
}
