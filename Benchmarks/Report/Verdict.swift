import BenchmarkSupport

/// A goal, and whether the measurements reach it.
struct Verdict: Encodable {
    let goal: Goal
    let text: String
    /// Such as `at least 5 ratio`.
    let wanted: String
    /// The median of the measurement that is farthest from the goal; nil where none names it.
    let figure: Double?
    /// What was measured.
    let measurement: String?
    let spread: String?
    /// `reached`, `not reached` or `not measured`.
    let verdict: String

    init(_ goal: Goal, _ measurements: [Figure]) {
        self.goal = goal
        text = goal.text
        let unit = goal.unit == "ratio" ? "times" : goal.unit
        wanted = "\(goal.isLeast ? "at least" : "at most") \(Verdict.plain(goal.limit)) \(unit)"
        let candidates = measurements.filter { $0.goal == goal && !$0.samples.isEmpty }
        let worst = candidates.max { left, right in
            let isLess = left.samples.median < right.samples.median
            return goal.isLeast ? !isLess : isLess
        }
        figure = worst?.samples.median
        measurement = worst?.name
        spread = worst?.samples.spread
        verdict = figure.map { goal.isReached(by: $0) ? "reached" : "not reached" } ?? "not measured"
    }

    private static func plain(_ number: Double) -> String {
        number == number.rounded() ? "\(Int(number))" : "\(number)"
    }
}
