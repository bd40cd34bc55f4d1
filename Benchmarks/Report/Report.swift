import BenchmarkSupport
import Foundation

/// Everything that one run of all parts has to say, as files: report.md, report.json and charts.
struct Report: Encodable {
    let machine = Machine()
    let isQuick: Bool
    let day: String
    let runs: [PartRun]
    let goals: [Verdict]

    init(isQuick: Bool, runs: [PartRun]) {
        self.isQuick = isQuick
        self.runs = runs
        let measurements = runs.flatMap(\.measurements)
        goals = Goal.allCases.map { Verdict($0, measurements) }
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = .withFullDate
        day = formatter.string(from: Date())
    }

    /// Writes all files into a directory, which is made anew.
    func write(to directory: String) throws {
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: URL(fileURLWithPath: "\(directory)/report.json"))
        let charts = Chart.all(of: runs)
        for chart in charts {
            try chart.svg.write(toFile: "\(directory)/\(chart.file)", atomically: true, encoding: .utf8)
        }
        try Page(report: self, charts: charts).markdown
            .write(toFile: "\(directory)/report.md", atomically: true, encoding: .utf8)
    }

    /// The goals, for a terminal.
    var summary: String {
        goals.map { goal in
            let figure = goal.figure.map { $0.formatted(digits: 3) } ?? "-"
            let padding = String(repeating: " ", count: max(1, 13 - goal.verdict.count))
            return "\(goal.verdict)\(padding)\(goal.text): \(figure), wanted \(goal.wanted)"
        }.joined(separator: "\n")
    }
}
