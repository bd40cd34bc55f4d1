import BenchmarkSupport
import Traffic

/// How much the AF_XDP path forwards, and how fast, beside the bare forwarder.
struct Forwarding {
    private typealias Kind = Contestant.Kind
    let part: Part

    func measure() throws {
        let cables = try Cables()
        defer { cables.sandbox.remove() }
        for queues in [1, 2, 4] {
            for frame in [64, 725] { try capacities(cables, queues: queues, frame: frame) }
        }
    }

    private var seconds: Double { part.isQuick ? 0.1 : 0.25 }

    /// The rate at which processor time is measured, in packets a second: nearly as much as a processor can forward, so
    /// that batches are full.
    private static let costRate = 300_000.0

    /// Contestants in turns; then the latencies of each, at shares of what it can do.
    private func capacities(_ cables: Cables, queues: Int, frame: Int) throws {
        let contestants = Kind.allCases.filter { queues > 1 || $0 != .handOver }
            .map { Contestant(kind: $0, queues: queues, frame: frame) }
        var unaccounted: [Double] = []
        var costs = contestants.map { _ in [Double]() }
        let turns = try Turns(
            part.isQuick ? 1 : queues == 4 ? 3 : 5, of: part,
            contestants.indices.map { index in
                {
                    let trial = try Trial(contestants[index], on: cables)
                    let rate = try trial.capacity(seconds: seconds)
                    costs[index].append(try trial.cost(seconds: seconds, rate: Forwarding.costRate))
                    unaccounted.append(abs(try trial.end()))
                    return rate
                }
            })
        for (index, contestant) in contestants.enumerated() {
            try part.measured(
                contestant.description, unit: "packets/s", turns.samples[index], context: context,
                series: "packets a second, \(frame) bytes: \(contestant.kind.rawValue)", x: Double(queues))
            try part.measured(
                "\(contestant.description): processor time for a packet", unit: "ns", costs[index], context: context)
            if contestant.kind != .bare {
                try part.measured(
                    "\(contestant.description), to bare", unit: "ratio", turns.ratios(index, to: 0), context: context,
                    goal: goal(contestant))
            }
        }
        try part.measured(
            "\(queues) \(queues == 1 ? "queue" : "queues"), \(frame) bytes: frames in, less frames out and named drops",
            unit: "frames", unaccounted, goal: .accounting)
        guard frame == 64, queues < 4 else { return }
        for (index, contestant) in contestants.enumerated() {
            try latencies(cables, contestant, capacity: turns.samples[index].median)
        }
    }

    private func latencies(_ cables: Cables, _ contestant: Contestant, capacity: Double) throws {
        for share in [0.1, 0.5, 0.9] {
            let trial = try Trial(contestant, on: cables)
            let all = try trial.latencies(seconds: part.isQuick ? 0.2 : 1, rate: share * capacity)
            _ = try trial.end()
            for (name, percentile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
                try part.measured(
                    "\(contestant.description): \(name) at \(Int(share * 100)) %", unit: "us",
                    all.map { $0.percentile(percentile) / 1000 }, context: context,
                    series: "\(name) of latency, \(contestant.queues) queues: \(contestant.kind.rawValue)",
                    x: share * 100)
            }
        }
    }

    private func goal(_ contestant: Contestant) -> Goal {
        if contestant.kind == .handOver { return .handOver }
        return contestant.frame == 64 ? .forwardingSmall : .forwardingLarge
    }

    private var context: [String: String] {
        [
            "links": "veth, native XDP", "sockets": "copy mode, need_wakeup", "rings": "2048", "batch": "64",
            "loss": "at most 0.1 %, counted at the receiver",
        ]
    }
}
