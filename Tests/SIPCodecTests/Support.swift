// What the tests of this directory share: bytes from text, and random numbers with a seed.

import Foundation

/// The bytes of a text whose characters are all below U+0100: "\u{FF}" is the byte 0xFF.
func bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

/// The text of a range of bytes.
func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
    String(String.UnicodeScalarView(bytes[range].map { Unicode.Scalar($0) }))
}

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
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
