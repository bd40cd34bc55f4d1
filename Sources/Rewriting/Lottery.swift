import CXDP

/// Random numbers for public ports, which nobody outside may guess: the kernel's, or in tests a repeatable series.
///
/// Invariant: no number is drawn twice; therefore there are no copies.
public struct Lottery: ~Copyable, Sendable {
    private var series: NumberSeries?
    private var numbers = sp_random()

    /// The kernel's random numbers for seed 0, else a series that depends on the seed only.
    @_noLocks
    public init(seed: UInt64) { series = seed == 0 ? nil : NumberSeries(seed: seed) }

    /// A number.
    @_noLocks
    mutating func draw() -> UInt64 {
        guard var series else {
            // Safe: whole and its own, and its address is not kept.
            return unsafe sp_random_draw(&numbers)
        }
        defer { self.series = series }
        return series.next()
    }
}
