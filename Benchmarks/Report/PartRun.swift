import BenchmarkSupport
import Dispatch
import Foundation
import Lab

/// One part, run to its end, whatever that was.
struct PartRun: Encodable {
    /// Which parts there are, and the seconds that each has: together less than 20 minutes, or 4.
    private static let all: [(name: String, seconds: Int, quickSeconds: Int)] = [
        ("micro", 150, 25), ("xdp", 180, 25), ("worker", 300, 45), ("e2e", 540, 100),
    ]

    let name: String
    /// `done`, or what went wrong.
    let outcome: String
    let seconds: Double
    /// The share of the processors' time that other guests of the host took meanwhile, in percent.
    let steal: Double
    let measurements: [Figure]

    /// Runs all of them.
    static func all(_ options: Options) throws -> [PartRun] {
        try all.map { part in
            try PartRun(part.name, seconds: options.isQuick ? part.quickSeconds : part.seconds, options)
        }
    }

    private init(_ name: String, seconds: Int, _ options: Options) throws {
        self.name = name
        let executable = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent(name).path
        let (time, start) = (ProcessorTime(), ContinuousClock.now)
        if FileManager.default.isExecutableFile(atPath: executable) {
            let arguments = ["--gateway", options.gateway, "--seconds", "\(seconds)"]
            let end = try PartRun.run([executable] + arguments + (options.isQuick ? ["--quick"] : []), limit: seconds)
            outcome = end.outcome
            measurements = end.output.split(separator: "\n").compactMap { try? Figure(line: $0) }
        } else {
            outcome = "is missing: it was not built"
            measurements = []
        }
        self.seconds = (ContinuousClock.now - start) / .seconds(1)
        steal = (ProcessorTime() - time).stealPercent
    }

    /// Runs a program, whose errors are this process's own. Past its limit, and when this process is interrupted, it
    /// is told to end, and gets time to remove its namespaces.
    private static func run(_ arguments: [String], limit: Int) throws -> (outcome: String, output: String) {
        let process = try ChildProcess(arguments, errors: .standardError)
        let interruptions = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                _ = try? process.stop(signal: SIGTERM, limit: 20)
                exit(128 + number)
            }
            source.resume()
            return source
        }
        defer { for source in interruptions { source.cancel() } }
        // Parts keep to their limit by themselves, but for the last measurement.
        let deadline = ContinuousClock.now + .seconds(limit + limit / 10)
        while process.isRunning, ContinuousClock.now < deadline { usleep(100_000) }
        let isLate = process.isRunning
        if isLate { _ = try? process.stop(signal: SIGTERM, limit: 20) }
        let end = try process.wait()
        if isLate { return ("was ended: it took more than \(limit) s", end.output) }
        return (end.status == 0 ? "done" : "failed with \(end.status)", end.output)
    }
}
