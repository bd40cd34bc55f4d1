import Foundation

/// SplitMix64 (Steele, Lea, Flood 2014): random numbers that a seed repeats.
public struct Random: RandomNumberGenerator, Sendable {
    /// What repeats them.
    public let seed: UInt64
    private var state: UInt64

    /// Those of a seed.
    public init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// Those of SALLYPORT_SEED, which repeats the run of a failed test, or else of any seed.
    public init() {
        let wanted = ProcessInfo.processInfo.environment["SALLYPORT_SEED"].flatMap { UInt64($0) }
        self.init(seed: wanted ?? UInt64.random(in: 0 ... .max))
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
