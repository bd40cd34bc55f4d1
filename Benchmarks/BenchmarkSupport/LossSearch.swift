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

    /// Searches until the bounds are within `precision` (a share of the upper one), at most twelve runs.
    ///
    /// - Parameter run: sends at a rate, or (nil) as fast as the sender can, which is tried first: a path that the
    ///   sender cannot fill is as fast as it sends.
    public init(precision: Double = 0.03, run: (Double?) throws -> Run) rethrows {
        let first = try run(nil)
        var (best, runs) = (first.isLossless ? first.received / first.seconds : 0, 1)
        // Without loss a path carries about what a filled one delivers, unless being filled paralyses it: then more.
        var (low, high, offered) = (0.0, first.sent / first.seconds, first.received / first.seconds)
        while !first.isLossless, high - low > precision * high, runs < 12 {
            let result = try run(offered)
            runs += 1
            if result.isLossless {
                best = max(best, result.received / result.seconds)
                // It did not send as much as it was to: it cannot.
                if result.received / result.seconds < 0.95 * offered { break }
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
