// How the lines of a session description, and of the headers in a multipart body, are cut into fields.

import TextFormats

extension RawSpan {
    /// The offset just after the first LF in `range`; its end when there is none.
    @inline(__always) @_noLocks
    func lineEnd(in range: Range<Int>) -> Int {
        first(ASCII.lineFeed, in: range).map { $0 &+ 1 } ?? range.upperBound
    }

    /// Eight bytes from `offset` on, the first in the highest bits, and zeros for those at or after `end`.
    @inline(__always) @_noLocks
    func letters(at offset: Int, before end: Int) -> UInt64 {
        let room = end &- offset
        if room >= 8 { return word(at: offset).byteSwapped }
        return room > 0 ? fewLetters(at: offset, room) : 0
    }

    /// The first `count` of eight bytes, 1 to 7.
    @_noLocks
    private func fewLetters(at offset: Int, _ count: Int) -> UInt64 {
        if offset <= byteCount &- 8 {
            return word(at: offset).byteSwapped & ~(UInt64.max >> UInt64(truncatingIfNeeded: 8 &* count))
        }
        var letters: UInt64 = 0
        for index in 0..<count {
            letters |=
                UInt64(truncatingIfNeeded: byte(at: offset &+ index)) << UInt64(truncatingIfNeeded: 56 &- 8 &* index)
        }
        return letters
    }

    /// A range without the white space at either end of it.
    @_noLocks
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, byte(at: end &- 1).isSpace { end &-= 1 }
        while start < end, byte(at: start).isSpace { start &+= 1 }
        return start..<end
    }

    /// The number that all of `range` is in decimal; nil when it is no number, or above `most`, however long.
    @_noLocks
    func decimal(_ range: Range<Int>, most: Int) -> Int? {
        guard !range.isEmpty else { return nil }
        var value = 0
        for offset in range {
            let digit = byte(at: offset) &- ASCII.zero
            // Far below overflow, since `most` was not passed yet.
            value = value &* 10 &+ Int(truncatingIfNeeded: digit)
            guard digit < 10, value <= most else { return nil }
        }
        return value
    }
}
