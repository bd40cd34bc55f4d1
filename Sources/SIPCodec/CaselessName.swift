// Names are compared as numbers, eight bytes at a time: the first in the highest bits, zeros where the name has ended.
// Letters are made lower case, because some who read names ignore their case; digits and hyphens stay what they are.

import TextFormats

/// The name of an attribute, or a word of its value: it ends before a colon, white space or the end of its range.
struct CaselessName {
    private var position: Int
    private let end: Int

    /// A name that begins with the first byte of `range`.
    @_noLocks
    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next eight bytes of it, or as many as there are; 0 when it has ended.
    @inline(__always) @_noLocks
    mutating func next(in bytes: RawSpan) -> UInt64 {
        let letters = bytes.letters(at: position, before: end)
        // The highest bit of a byte of `ends` is set where there is a colon, a space, a control character, or no byte any
        // more. Borrows run from the lowest byte up, so it is the first of them that is exact once bytes are swapped.
        let word = letters.byteSwapped
        let colons = word ^ 0x3A3A_3A3A_3A3A_3A3A
        let ends =
            ((colons &- 0x0101_0101_0101_0101) & ~colons | (word &- 0x2121_2121_2121_2121) & ~word)
            & 0x8080_8080_8080_8080
        let count = ends == 0 ? 8 : ends.trailingZeroBitCount / 8
        position &+= count
        let kept = count == 8 ? UInt64.max : ~(UInt64.max &>> UInt64(truncatingIfNeeded: 8 &* count))
        return (letters | 0x2020_2020_2020_2020) & kept
    }

    /// Whether these letters are all that is left of it.
    @inline(__always) @_noLocks
    mutating func ends(with letters: UInt64, in bytes: RawSpan) -> Bool { next(in: bytes) == letters }

    /// Whether these letters, eight and then fewer, are all that is left of it.
    @inline(__always) @_noLocks
    mutating func ends(with eight: UInt64, _ letters: UInt64, in bytes: RawSpan) -> Bool {
        guard next(in: bytes) == eight else { return false }
        return next(in: bytes) == letters
    }

    /// What stands behind it, and behind its colon if it has one.
    @_noLocks
    mutating func argument(in bytes: RawSpan) -> Range<Int> {
        while next(in: bytes) != 0 {}
        if position < end, bytes.byte(at: position) == ASCII.colon { position &+= 1 }
        return position..<end
    }
}
