// Looking for bytes in text, 16 at a time. No byte outside the span is ever read, and what stands outside a range does not
// matter.

import CXDP
import TextFormats

extension RawSpan {
    /// Sixteen bytes from `offset` on, of which all must lie inside.
    @inline(__always) @_noLocks
    func octets(at offset: Int) -> sp_octets {
        // Safe: the load is checked against the span's bounds, and every bit pattern is a vector of octets.
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: sp_octets.self)
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
            let window = TextWindow(self, at: offset)
            let mask = sp_equal(window.octets, byte) &>> window.shift
            if mask != 0 { return inside(range, offset &+ mask.trailingZeroBitCount) }
            offset &+= 16
        }
        return nil
    }

    /// Where `one`, `other`, a space or a control character first stands in `range`; its end when there is none.
    @inline(__always) @_noLocks
    func end(before one: UInt8, _ other: UInt8, in range: Range<Int>) -> Int {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let window = TextWindow(self, at: offset)
            let mask = sp_delimiters(window.octets, one, other) &>> window.shift
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
            let window = TextWindow(self, at: offset)
            let mask = sp_no_host(window.octets) &>> window.shift
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

    /// Eight bytes from `offset` on, of which at least `count` lie inside; the first lowest. What those behind them are is
    /// not said.
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

/// Sixteen bytes of a span that are compared at once.
///
/// Invariant: a mask of `octets`, shifted down by `shift`, tells of the bytes from the wanted offset on, and is 0 for those
/// behind the span, or tells of octets that are 0.
struct TextWindow {
    let octets: sp_octets
    let shift: UInt32

    /// From `offset` on, or near the end of the span its last sixteen.
    @inline(__always) @_noLocks
    init(_ bytes: borrowing RawSpan, at offset: Int) {
        if bytes.has(16, at: offset) {
            octets = bytes.octets(at: offset)
            shift = 0
            return
        }
        self = Self.atEnd(bytes, offset)
    }

    @_noLocks
    private init(_ octets: sp_octets, shift: Int) {
        self.octets = octets
        self.shift = UInt32(truncatingIfNeeded: shift)
    }

    /// Where less than sixteen bytes follow.
    @inline(never) @_noLocks
    private static func atEnd(_ bytes: borrowing RawSpan, _ offset: Int) -> TextWindow {
        precondition(offset >= 0, "text outside of its span")
        let last = bytes.byteCount &- 16
        if last >= 0 && offset &- last < 16 {
            return TextWindow(bytes.octets(at: last), shift: offset &- last)
        }
        return TextWindow(short(bytes, offset), shift: 0)
    }

    /// A span of less than sixteen bytes, from `offset` on.
    @_noLocks
    private static func short(_ bytes: borrowing RawSpan, _ offset: Int) -> sp_octets {
        var octets = sp_octets(repeating: 0)
        var index = 0
        while offset &+ index < bytes.byteCount {
            octets[index] = bytes.byte(at: offset &+ index)
            index &+= 1
        }
        return octets
    }
}
