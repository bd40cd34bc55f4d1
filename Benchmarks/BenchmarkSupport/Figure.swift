// One line of a part's output: something that was measured, every sample of it, and under which circumstances.

import Foundation

/// Samples of one figure.
public struct Figure: Codable, Sendable {
    /// The program that measured it: `micro`, `xdp`, `worker` or `e2e`.
    public let part: String
    /// What it is a figure of, unique within the part, for people: `UDP of 200 bytes through a flow`.
    public let name: String
    /// Of each sample: `ns`, `packets/s`, `ratio`.
    public let unit: String
    /// In the order in which they were taken; for contestants that took turns, sample by sample the same turn.
    public let samples: [Double]
    /// What another machine or setting could make different: `XDP mode: native`, `rings: 2048`, `frame: 64 bytes`.
    public let context: [String: String]
    /// The goal that the median of the samples is held against, if any.
    public let goal: Goal?
    /// `CHART: LINE`, such as `table lookup: hit, C`: the chart that shows it, and the line there of which it is a
    /// point; without `x`, the bar.
    public let series: String?
    /// Its place on the chart's horizontal axis, such as a number of flows.
    public let x: Double?

    /// A figure; `Part.measured` fills in the part.
    public init(
        part: String, name: String, unit: String, samples: [Double], context: [String: String] = [:],
        goal: Goal? = nil, series: String? = nil, x: Double? = nil
    ) {
        self.part = part
        self.name = name
        self.unit = unit
        self.samples = samples
        self.context = context
        self.goal = goal
        self.series = series
        self.x = x
    }

    /// As it stands on one line of a part's standard output.
    public var line: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// The measurement that a line holds.
    public init(line: some StringProtocol) throws {
        self = try JSONDecoder().decode(Figure.self, from: Data(line.utf8))
    }
}
