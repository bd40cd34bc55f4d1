import Foundation

/// SplitMix64: random numbers that a seed repeats. SALLYPORT_SEED repeats the run of a failed test.
struct Random: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init() {
        let wanted = ProcessInfo.processInfo.environment["SALLYPORT_SEED"].flatMap { UInt64($0) }
        seed = wanted ?? UInt64.random(in: 0 ... .max)
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
