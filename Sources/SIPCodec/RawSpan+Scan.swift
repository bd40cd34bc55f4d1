// Looking for bytes in text, 16 at a time. No byte outside the span is ever read, and what stands outside a range does
// not matter.

import CXDP
import TextFormats

extension RawSpan {
    /// Sixteen bytes from `offset` on, of which all must lie inside.
    @inline(__always) @_noLocks
    func octets(at offset: Int) -> sp_octets {
        // Safe: the load is checked against the span's bounds, and every bit pattern is a vector of octets.
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: sp_octets.self)
    }

    /// Sixteen bytes from `offset` on; 0 for those that lie behind the span.
    @inline(__always) @_noLocks
    func window(at offset: Int) -> sp_octets {
        has(16, at: offset) ? octets(at: offset) : windowAtEnd(offset)
    }

    /// The same near the end of the span: its last sixteen bytes, of which those before `offset` are shifted out. Built byte
    /// by byte only in a shorter span, since a vector so built is slow to use.
    @inline(never) @_noLocks
    private func windowAtEnd(_ offset: Int) -> sp_octets {
        precondition(offset >= 0, "text outside of its span")
        let start = byteCount &- 16
        guard start >= 0 else { return shortWindow(offset) }
        guard offset < byteCount else { return sp_octets(repeating: 0) }
        let passed = UInt64(truncatingIfNeeded: 8 &* (offset &- start))  // 8 to 120
        var text = unsafe unsafeBitCast(octets(at: start), to: SIMD2<UInt64>.self)  // Safe: any bits are both.
        if passed < 64 {
            text[0] = text[0] &>> passed | text[1] &<< (64 &- passed)
            text[1] &>>= passed
        } else {
            text[0] = text[1] &>> (passed &- 64)
            text[1] = 0
        }
        return unsafe unsafeBitCast(text, to: sp_octets.self)  // Safe: any bits are both.
    }

    @inline(never) @_noLocks
    private func shortWindow(_ offset: Int) -> sp_octets {
        var octets = sp_octets(repeating: 0)
        var index = 0
        while offset &+ index < byteCount {
            octets[index] = byte(at: offset &+ index)
            index &+= 1
        }
        return octets
    }

    /// The byte at `offset`, of which the caller has made sure that it lies inside.
    @inline(__always) @_noLocks @unsafe
    func unchecked(at offset: Int) -> UInt8 {
        // Safe: what the caller has made sure of; any bits are a UInt8.
        unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// Four bytes from `offset` on, the first lowest, of which all must lie inside.
    @inline(__always) @_noLocks
    func quarter(at offset: Int) -> UInt32 {
        // Safe: the load is checked against the span's bounds, and every bit pattern is a UInt32.
        UInt32(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// Where `byte` first stands in `range`, which lies inside.
    @inline(__always) @_noLocks
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let window = window(at: offset)
            let mask = sp_equal(window, byte)
            if mask != 0 { return inside(range, offset &+ mask.trailingZeroBitCount) }
            offset &+= 16
        }
        return nil
    }

    /// Whether `byte` stands in `range`, looked for 64 bytes at a time: for what mostly is not there.
    @inline(__always) @_noLocks
    func contains(_ byte: UInt8, in range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        while offset < range.upperBound, has(64, at: offset) {
            let left = range.upperBound &- offset
            let inside: UInt64 = left < 64 ? ~(~0 &<< UInt64(truncatingIfNeeded: left)) : ~0
            if places(of: byte, inBlockAt: offset) & inside != 0 { return true }
            offset &+= 64
        }
        guard offset < range.upperBound, first(byte, in: offset..<range.upperBound) != nil else { return false }
        return true
    }

    /// A bit for each of the 64 bytes from `offset` on, the first lowest: whether it is `byte`; 0 behind the span.
    @inline(__always) @_noLocks
    func places(of byte: UInt8, from offset: Int) -> UInt64 {
        has(64, at: offset) ? places(of: byte, inBlockAt: offset) : placesAtEnd(of: byte, from: offset)
    }

    /// The same near the end of the span: of its last 64 bytes, or one by one when it is shorter.
    @inline(never) @_noLocks
    private func placesAtEnd(of byte: UInt8, from offset: Int) -> UInt64 {
        let start = byteCount &- 64
        if start >= 0 && offset >= start && offset &- start < 64 {
            return places(of: byte, inBlockAt: start) &>> UInt64(truncatingIfNeeded: offset &- start)
        }
        var places: UInt64 = 0
        var index = byteCount &- 1
        while index >= offset {
            places = places &<< 1 | (self.byte(at: index) == byte ? 1 : 0)
            index &-= 1
        }
        return places
    }

    /// A bit for each of the 64 bytes from `offset` on, which the caller has made sure lie inside: whether it is `byte`.
    @inline(__always) @_noLocks
    private func places(of byte: UInt8, inBlockAt offset: Int) -> UInt64 {
        places(of: byte, at: offset) | places(of: byte, at: offset &+ 16) << 16
            | places(of: byte, at: offset &+ 32) << 32 | places(of: byte, at: offset &+ 48) << 48
    }

    @inline(__always) @_noLocks
    private func places(of byte: UInt8, at offset: Int) -> UInt64 {
        // Safe: the caller of places(of:inBlockAt:) has made sure that these lie inside; any bits are octets.
        let octets = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: sp_octets.self)
        return UInt64(truncatingIfNeeded: sp_equal(octets, byte))
    }

    /// Where `one`, `other`, a space or a control character first stands in `range`; its end when there is none.
    @inline(__always) @_noLocks
    func end(before one: UInt8, _ other: UInt8, in range: Range<Int>) -> Int {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let window = window(at: offset)
            let mask = sp_delimiters(window, one, other)
            if mask != 0 { return min(range.upperBound, offset &+ mask.trailingZeroBitCount) }
            offset &+= 16
        }
        return range.upperBound
    }

    /// Where the name or IPv4 address of a host ends that begins with `range`.
    @inline(__always) @_noLocks
    func hostEnd(in range: Range<Int>) -> Int {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let window = window(at: offset)
            let mask = sp_no_host(window)
            if mask != 0 { return min(range.upperBound, offset &+ mask.trailingZeroBitCount) }
            offset &+= 16
        }
        return range.upperBound
    }

    @inline(__always) @_noLocks
    private func inside(_ range: Range<Int>, _ offset: Int) -> Int? { offset < range.upperBound ? offset : nil }

    /// Whether `count` bytes from `offset` on lie inside; as the checked loads ask, so that behind it they need not.
    @inline(__always) @_noLocks
    func has(_ count: Int, at offset: Int) -> Bool {
        let all = byteCount
        return UInt(bitPattern: offset) <= UInt(bitPattern: all) && count <= all &- offset
    }

    /// Eight bytes from `offset` on, of which at least `count` lie inside; the first lowest. What those behind them are
    /// is not said.
    @inline(__always) @_noLocks
    func shortWord(at offset: Int, count: Int) -> UInt64 {
        has(8, at: offset) ? word(at: offset) : shortWordAtEnd(offset, count)
    }

    @inline(never) @_noLocks
    private func shortWordAtEnd(_ offset: Int, _ count: Int) -> UInt64 {
        var word: UInt64 = 0
        var index = offset &+ min(count, 8)
        while index > offset {
            index &-= 1
            word = word &<< 8 | UInt64(truncatingIfNeeded: byte(at: index))
        }
        return word
    }
}
