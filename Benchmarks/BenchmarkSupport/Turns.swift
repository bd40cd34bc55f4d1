/// Contestants that are measured in turns, so that whatever disturbs the machine disturbs all of them.
public struct Turns: Sendable {
    /// By contestant, in the order of the call; sample by sample the same turn.
    public let samples: [[Double]]

    /// Measures each contestant `rounds` times: the first to the last, then the last to the first, and so on, so that
    /// none has always the same predecessor. Ends early, with at least one round, when the part's time is over but for
    /// `reserve` seconds, which what follows needs.
    public init(
        _ rounds: Int, of part: Part, reserve: Double = 0, _ contestants: [() throws -> Double]
    ) throws {
        var samples = contestants.map { _ in [Double]() }
        for round in 0..<rounds where round == 0 || part.secondsLeft > reserve {
            let order = contestants.indices
            for index in round % 2 == 0 ? Array(order) : order.reversed() {
                samples[index].append(try contestants[index]())
            }
        }
        self.samples = samples
    }

    /// One contestant's samples over another's, turn by turn.
    public func ratios(_ contestant: Int, to other: Int) -> [Double] {
        zip(samples[contestant], samples[other]).map { $0 / $1 }
    }

    /// What one contestant's samples are above another's, turn by turn.
    public func differences(_ contestant: Int, above other: Int) -> [Double] {
        zip(samples[contestant], samples[other]).map { $0 - $1 }
    }
}
