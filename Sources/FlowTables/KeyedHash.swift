/// A hash of text that nobody outside can aim at: two keys, drawn at random, and a folded product of 128 bits for each
/// sixteen bytes (as in wyhash).
public struct KeyedHash: BitwiseCopyable, Sendable {
    private let first: UInt64
    private let second: UInt64

    /// A hash of its own for each seed, which should be random, and is fixed in tests.
    @_noLocks
    public init(seed: UInt64) {
        // Two keys independent of each other as far as anybody outside can tell (MurmurHash3's finalizer).
        let mixed = (seed ^ seed >> 33) &* 0xff51_afd7_ed55_8ccd
        first = seed
        second = mixed ^ mixed >> 33
    }

    /// The hash of a range, never 0.
    @_noLocks
    public func of(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> UInt64 {
        var sum = first ^ UInt64(truncatingIfNeeded: range.count)
        var offset = range.lowerBound
        while offset &+ 16 < range.upperBound {
            sum = fold(sum ^ word(bytes, offset), second ^ word(bytes, offset &+ 8))
            offset &+= 16
        }
        // The last sixteen, of which some may have been taken, or the one or two words of fewer.
        if range.count >= 16 {
            sum = fold(sum ^ word(bytes, range.upperBound &- 16), second ^ word(bytes, range.upperBound &- 8))
        } else if range.count >= 8 {
            sum = fold(sum ^ word(bytes, range.lowerBound), second ^ word(bytes, range.upperBound &- 8))
        } else {
            sum = fold(sum ^ octets(bytes, range), second)
        }
        sum = fold(sum ^ first, second)
        return sum == 0 ? 1 : sum
    }

    /// Up to eight octets as a word.
    @inline(__always) @_noLocks
    private func octets(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> UInt64 {
        var word: UInt64 = 0
        for offset in range {
            // Safe: the span checks the offset, and any bits are a number.
            word = word << 8 | UInt64(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
        }
        return word
    }

    @inline(__always) @_noLocks
    private func word(_ bytes: borrowing RawSpan, _ offset: Int) -> UInt64 {
        // Safe: as above.
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inline(__always) @_noLocks
    private func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let product = one.multipliedFullWidth(by: other)
        return product.high ^ product.low
    }
}
