/// The highest rate that loses at most 0.1 %, by bisection; losses are counted at the receiver.
public struct LossSearch: Sendable {
    /// What one run at one rate came to.
    public struct Run: Sendable {
        /// Packets that were sent, and that arrived.
        public let sent, received: Double
        /// How long it took; the rate that was really offered is `sent / seconds`.
        public let seconds: Double

        /// A run.
        public init(sent: Double, received: Double, seconds: Double) {
            self.sent = sent
            self.received = received
            self.seconds = seconds
        }

        /// Whether at most 0.1 % was lost.
        public var isLossless: Bool { sent > 0 && received >= sent * 0.999 }
    }

    /// Received packets a second of the best run that lost nothing; 0 if every run did.
    public let rate: Double
    /// Runs made.
    public let runs: Int

    /// Searches between 0 and `ceiling` packets a second until the bounds are within `precision` (a share of the upper
    /// one). The first run is at the ceiling: a path that the sender cannot fill is as fast as it sends.
    public init(ceiling: Double, precision: Double = 0.03, run: (Double) throws -> Run) rethrows {
        var (low, high, best, runs, offered) = (0.0, ceiling, 0.0, 0, ceiling)
        while runs == 0 || high - low > precision * high {
            let result = try run(offered)
            runs += 1
            let rate = result.received / result.seconds
            if result.isLossless {
                best = max(best, rate)
                // More than was really sent has not been tried.
                if result.sent / result.seconds < 0.95 * offered { break }
                low = offered
            } else {
                high = offered
            }
            offered = (low + high) / 2
        }
        rate = best
        self.runs = runs
    }
}
