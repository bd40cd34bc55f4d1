// Names are compared as words of eight bytes, not byte by byte: the first eight, and the last eight of what is longer.

import TextFormats

/// A name of up to 24 bytes, as words that tell it from every other of the same length.
struct Keyword {
    /// Its first eight bytes, the first lowest; 0 stands for those that it does not have.
    var first: UInt64
    /// The eight after them, when it is longer than 16; else 0.
    var middle: UInt64
    /// Its last eight, when it is longer than 8; else 0.
    var last: UInt64

    /// The longest.
    static var mostBytes: Int { @inline(__always) @_noLocks get { 24 } }
    /// What makes letters lower case. A control character may become a sign; but of those that are in names there is only
    /// the hyphen, and what becomes one is a CR, which stands in no line.
    static var lowerCase: UInt64 { @inline(__always) @_noLocks get { 0x2020_2020_2020_2020 } }

    /// The name that stands in `range`, of at most 24 bytes.
    @inline(__always) @_noLocks
    init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        first = bytes.shortWord(at: range.lowerBound, count: range.count)
        middle = range.count > 16 ? bytes.word(at: range.lowerBound &+ 8) : 0
        last = range.count > 8 ? bytes.word(at: range.upperBound &- 8) : 0
    }

    /// The same in lower case.
    @inline(__always) @_noLocks
    func lowerCased(count: Int) -> Keyword {
        var result = self
        result.first |= count < 8 ? Self.lowerCase &>> UInt64(truncatingIfNeeded: 64 &- 8 &* count) : Self.lowerCase
        if count > 16 { result.middle |= Self.lowerCase }
        if count > 8 { result.last |= Self.lowerCase }
        return result
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
