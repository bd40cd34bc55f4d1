import BenchmarkSupport

/// One path's place in the report.
struct Contestant {
    /// As the figure is called.
    let name: String
    let path: Path
    /// Which contestant's time is taken off: an empty program, run alone or behind the rotator.
    var base = Base.alone
    var goal: Goal?
    var context: [String: String] = [:]
    /// How many flows the runs take in turns, where that is what is shown.
    var flows: Int?
    /// Readies each sample, not measured.
    var prepare: () throws -> Void = {}

    /// The places of the empty program among the contestants.
    enum Base: Int {
        case alone = 0
        case rotated = 1
    }

    /// One sample, in nanoseconds.
    func sample() throws -> Double {
        try prepare()
        return try path.nanoseconds()
    }

    /// The chart and the line or bar that shows it.
    var series: String {
        flows == nil ? "XDP above an empty program: \(name)" : "XDP flow hit above an empty program: flows in turns"
    }
}
