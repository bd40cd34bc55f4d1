import Benchmark
import BenchmarkSupport
import Operations

/// The time of single operations, each beside the most that it may take.
enum OperationTimes {
    private static let batch = 10_000

    /// Prints the time of every operation.
    /// - Throws: `TooSlow` when one takes more than it may.
    static func measure(_ part: Part) throws {
        let operations = Operation.all
        var runs: [(Int) -> UInt64] = []
        for operation in operations { runs.append(try operation.prepare()) }
        var sum: UInt64 = 0
        let suite = BenchmarkSuite(name: "operations") { suite in
            for (operation, run) in zip(operations, runs) { suite.benchmark(operation.name) { sum &+= run(batch) } }
        }
        var runner = BenchmarkRunner(
            suites: [suite],
            settings: [Iterations(part.isQuick ? 10 : 100), WarmupIterations(2), Format(.none), Quiet(true)])
        try runner.run()
        var slow: [String] = []
        for (operation, result) in zip(operations, runner.results) {
            let samples = result.measurements.map { $0 / Double(batch) }
            try part.measured(
                operation.name, unit: "ns", samples, context: ["most allowed": "\(operation.mostNanoseconds) ns"])
            // The least, because what disturbs only ever makes slower.
            if samples.min()! > operation.mostNanoseconds { slow.append(operation.name) }
        }
        if !slow.isEmpty { throw TooSlow(operations: slow) }
    }
}

/// Operations took more time than they may.
struct TooSlow: Error, CustomStringConvertible {
    let operations: [String]

    var description: String {
        "slower than allowed (Benchmarks/Operations): \(operations.joined(separator: ", "))"
    }
}
