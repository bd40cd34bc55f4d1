import BenchmarkSupport
import Foundation
import InNamespace
import Lab
import Traffic

/// A contestant at work on the cables, until `end`; every frame that it is sent is accounted for.
final class Trial {
    private let cables: Cables
    private let generator: Generator
    private let process: ChildProcess
    private let before: Double
    private var (sent, received) = (0.0, 0.0)

    init(_ contestant: Contestant, on cables: Cables) throws {
        self.cables = cables
        before = try cables.ringFull()
        process = try cables.namespace.start(contestant.command(cables.interfaces(contestant.queues)))
        try process.wait(for: "ready")
        generator = try cables.generator(contestant.queues, frame: contestant.frame)
    }

    /// The highest rate without loss, in packets a second. A run that loses is made once more, since whatever else the
    /// machine has to do can only make it lose.
    func capacity(seconds: Double) throws -> Double {
        try LossSearch { rate in
            let first = try run(seconds: seconds, rate: rate)
            return first.isLossless || rate == nil ? first : try run(seconds: seconds, rate: rate)
        }.rate
    }

    /// How long packets take at a rate, from the generator to the sink.
    func latencies(seconds: Double, rate: Double) throws -> [Latencies] {
        let before = try cables.arrivals()
        _ = try run(seconds: seconds, rate: rate, isStamped: true)
        return zip(try cables.arrivals(), before).map { ($0 - $1).latencies }.filter { $0.count > 0 }
    }

    /// What the contestant's processors do for a packet, in nanoseconds, while it is sent as much as `rate` says.
    func cost(seconds: Double, rate: Double) throws -> Double {
        let (before, packets) = (try processorTime(), received)
        _ = try run(seconds: seconds, rate: rate)
        return (try processorTime() - before) / (received - packets)
    }

    /// What its threads have run so far, in nanoseconds, by the scheduler's account: the first word of schedstat.
    private func processorTime() throws -> Double {
        let threads = "/proc/\(process.pid)/task"
        return try FileManager.default.contentsOfDirectory(atPath: threads).reduce(0) { sum, thread in
            let text = try String(contentsOfFile: "\(threads)/\(thread)/schedstat", encoding: .utf8)
            return sum + (text.split(separator: " ").first.flatMap { Double($0) } ?? 0)
        }
    }

    private func run(seconds: Double, rate: Double?, isStamped: Bool = false) throws -> LossSearch.Run {
        let before = try cables.settledArrivals()
        let run = try cables.namespace.inside {
            try generator.run(seconds: seconds, rate: rate, isStamped: isStamped, batch: isStamped ? 1 : 64)
        }
        let arrived = try cables.settledArrivals() - before
        sent += run.sent
        received += arrived
        return LossSearch.Run(sent: run.sent, received: arrived, seconds: run.seconds)
    }

    /// Ends it.
    /// - Returns: frames sent to it, less those that arrived behind it, those that it dropped by name and those that the
    ///   rings on the way had no room for: 0.
    func end() throws -> Double {
        let outcome = try process.stop()
        guard outcome.status == 0 else { throw LabError("a forwarder failed: \(outcome.errors)") }
        let words = outcome.output.split(whereSeparator: \.isWhitespace)
        func count(_ name: Substring) -> Double {
            words.firstIndex(of: name).flatMap { Double(words[$0 + 1]) } ?? .nan
        }
        return sent - received - count("dropped") - count("missed") - (try cables.ringFull() - before)
    }
}
