// Names are compared as words of eight bytes, not byte by byte: the first eight, and the last eight of what is longer.

import TextFormats

/// A name of up to 24 bytes, as words that tell it from every other of the same length.
struct Keyword {
    /// Its first eight bytes, the first lowest; 0 stands for those that it does not have.
    private let first: UInt64
    /// The eight after them, when it is longer than 16; else 0.
    private let middle: UInt64
    /// Its last eight, when it is longer than 8; else 0.
    private let last: UInt64

    /// The name that stands in `range`, of at most 24 bytes.
    @inline(__always) @_noLocks
    init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        self.init(bytes, range.lowerBound, range.count, or: 0)
    }

    /// The same in lower case.
    ///
    /// What makes letters lower case may also make a sign of a control character. Of the signs there is only the hyphen
    /// in names, and what becomes one is a CR, which stands in none.
    @inline(__always) @_noLocks
    init(lowerCased bytes: borrowing RawSpan, _ start: Int, count: Int) {
        self.init(bytes, start, count, or: 0x2020_2020_2020_2020)
    }

    /// The name of at most eight bytes with which a word begins.
    @inline(__always) @_noLocks
    init(_ word: UInt64, count: Int) {
        first = word & (~0 &>> UInt64(truncatingIfNeeded: 64 &- 8 &* max(count, 1)))
        middle = 0
        last = 0
    }

    /// The same in lower case.
    @inline(__always) @_noLocks
    init(lowerCased word: UInt64, count: Int) {
        self.init(word | 0x2020_2020_2020_2020, count: count)
    }

    /// The same of a name of 9 to 15 bytes, of which these are the first and the last.
    @inline(__always) @_noLocks
    init(lowerCased first: UInt64, last: UInt64) {
        self.first = first | 0x2020_2020_2020_2020
        middle = 0
        self.last = last | 0x2020_2020_2020_2020
    }

    @inline(__always) @_noLocks
    private init(_ bytes: borrowing RawSpan, _ start: Int, _ count: Int, or bits: UInt64) {
        if count <= 8 {
            // No shift by 64, for a name without bytes.
            let missing = UInt64(truncatingIfNeeded: 64 &- 8 &* max(count, 1))
            first = (bytes.shortWord(at: start, count: count) | bits) & (~0 &>> missing)
            middle = 0
            last = 0
        } else {
            first = bytes.word(at: start) | bits
            middle = count > 16 ? bytes.word(at: start &+ 8) | bits : 0
            last = bytes.word(at: start &+ count &- 8) | bits
        }
    }

    /// A name of the standards, in lower case where the case does not matter.
    @inline(__always) @_noLocks
    init(_ name: StaticString) {
        let count = name.utf8CodeUnitCount
        first = Self.word(name, 0, count < 8 ? count : 8)
        middle = count > 16 ? Self.word(name, 8, 16) : 0
        last = count > 8 ? Self.word(name, count &- 8, count) : 0
    }

    @inline(__always) @_noLocks
    private static func word(_ name: StaticString, _ start: Int, _ end: Int) -> UInt64 {
        var word: UInt64 = 0
        var offset = end
        while offset > start {
            offset &-= 1
            // Safe: within the literal's bytes, which stay.
            word = word << 8 | UInt64(truncatingIfNeeded: unsafe name.utf8Start[offset])
        }
        return word
    }

    @inline(__always) @_noLocks
    static func == (left: Keyword, right: Keyword) -> Bool {
        left.first == right.first && left.middle == right.middle && left.last == right.last
    }
}
