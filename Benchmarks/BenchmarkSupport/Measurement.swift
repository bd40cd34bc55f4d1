// One line of a part's output: something that was measured, every sample of it, and under which circumstances.

import Foundation

/// Samples of one figure.
public struct Measurement: Codable, Sendable {
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
    /// Measurements of one series make a chart: `series` names it, and `x` is this one's place on its axis.
    public let series: String?
    /// The place on the horizontal axis, such as a number of flows.
    public let x: Double?

    /// A measurement; `Part.measured` fills in the part.
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
        self = try JSONDecoder().decode(Measurement.self, from: Data(line.utf8))
    }
}
