import BenchmarkSupport
import CTable
import Foundation

/// The index of conversations beside the same table in C, at several sizes, in turns.
struct Tables {
    private static let most = 4_194_304
    private let part: Part
    private let rounds: Int

    /// For a part.
    init(_ part: Part) {
        self.part = part
        rounds = part.isQuick ? 3 : 15
    }

    /// Measures every operation at every size, its ratio to C, and the memory of the largest table.
    func measure() throws {
        for size in [1, 1_000, 100_000, 1_000_000, Tables.most] {
            let seed = UInt64.random(in: 1 ... .max)
            let before = Tables.resident
            let swift = try SwiftTable(capacity: size, seed: seed)
            if size == Tables.most {
                let gibibytes = Double(Tables.resident - before) / Double(1 << 30)
                try part.measured("memory of an index of 4M entries", unit: "GiB", [gibibytes], goal: .tableMemory)
            }
            guard let c = PeerTable(capacity: size, seed: seed) else { throw POSIXError(.ENOMEM) }
            let held = (0..<size).map { ctable_ends(number: $0) }.shuffled()
            for table in [swift, c] as [any ComparedTable] {
                precondition(table.insert(held) == UInt64(size), "a table does not take what it should")
            }
            try find(size, held, [swift, c])
            try change(size, held, [swift, c])
        }
    }

    private func find(_ size: Int, _ held: [ctable_ends], _ tables: [any ComparedTable]) throws {
        let count = 500_000
        let hits = (0..<count).map { _ in held.randomElement()! }
        let misses = (0..<count).map { _ in ctable_ends(number: Tables.most + .random(in: 0..<Tables.most)) }
        for (name, ends) in [("hit", hits), ("miss", misses)] {
            let turns = try Turns(
                rounds, of: part, tables.map { table in { Tables.time(count) { _ = table.find(ends) } } })
            try report(name, size, turns)
        }
    }

    /// Inserting and expiring an eighth of the entries. A single one is replaced again and again, and half the time is
    /// that of either: a look at the clock takes longer.
    private func change(_ size: Int, _ held: [ctable_ends], _ tables: [any ComparedTable]) throws {
        guard size > 1 else {
            let ends = [ctable_ends](repeating: held[0], count: 200_000)
            let turns = try Turns(
                rounds, of: part,
                tables.map { table in { Tables.time(2 * ends.count) { _ = table.replace(ends) } } })
            try report("insert", size, turns)
            return try report("expire", size, turns)
        }
        let ends = Array(held.shuffled().prefix(size / 8))
        let repetitions = max(1, 200_000 / ends.count)
        // What was expired is inserted again afterwards, and the other way round, without being measured.
        for (name, isInsertion) in [("insert", true), ("expire", false)] {
            let turns = try Turns(
                rounds, of: part,
                tables.map { table in
                    {
                        (0..<repetitions).reduce(0.0) { sum, _ in
                            if isInsertion { _ = table.remove(ends) }
                            let time = Tables.time(ends.count) {
                                _ = isInsertion ? table.insert(ends) : table.remove(ends)
                            }
                            if !isInsertion { _ = table.insert(ends) }
                            return sum + time / Double(repetitions)
                        }
                    }
                })
            try report(name, size, turns)
        }
    }

    private func report(_ name: String, _ size: Int, _ turns: Turns) throws {
        let chart = "table of conversations: \(name)"
        let entries = "\(size.formatted()) entries"
        for (table, samples) in zip(["Sallyport", "C"], turns.samples) {
            try part.measured(
                "table, \(name), \(entries), \(table)", unit: "ns", samples, series: "\(chart), \(table)",
                x: Double(size))
        }
        try part.measured(
            "table, \(name), \(entries), over C", unit: "ratio", turns.ratios(0, to: 1), goal: .tableLookup)
    }

    /// Nanoseconds for each of `count` operations.
    static func time(_ count: Int, _ work: () -> Void) -> Double {
        let duration = ContinuousClock().measure(work)
        return duration / .nanoseconds(1) / Double(count)
    }

    /// Bytes of memory that this process has in use.
    private static var resident: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
    }
}
