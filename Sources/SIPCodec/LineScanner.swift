// The ends of lines, by one pass over the text: 64 bytes at a time become one word, with a bit for each CR and LF.

import CXDP
import TextFormats

/// Finds where lines end, each after the one before.
///
/// Invariants: `mask` tells of the 64 bytes from `base` on which are CR or LF, where those that were passed over may be left
/// out; `end` lies in the span.
struct LineScanner {
    private var mask: UInt64
    private(set) var base: Int
    /// Where the text ends.
    let end: Int

    /// The lines that stand in `range`, which lies in the span.
    @inline(__always) @_noLocks
    init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        base = range.lowerBound
        end = range.upperBound
        mask = Self.mask(bytes, at: base)
    }

    /// Where the first CR or LF stands from `offset` on, which is inside the text and never goes back; nil when there
    /// is none.
    @inline(__always) @_noLocks
    mutating func next(in bytes: borrowing RawSpan, from offset: Int) -> Int? {
        var offset = offset
        var rest = offset &- base < 64 ? mask &>> UInt64(truncatingIfNeeded: offset &- base) : 0
        while rest == 0 {
            offset = max(offset, base &+ 64)
            guard offset < end else { return nil }
            base = offset
            mask = Self.mask(bytes, at: offset)
            rest = mask
        }
        let found = offset &+ rest.trailingZeroBitCount
        return found < end ? found : nil
    }

    /// Where the line ends that begins at `start`, if it is as most are: CRLF ends it, and behind that the text goes on with
    /// a letter, or there is the empty line. Nil for all others; then only what ends no line has been passed over.
    ///
    /// All that stands before `start` must have been passed over.
    @inline(__always) @_noLocks
    mutating func usualEnd(in bytes: borrowing RawSpan, from start: Int) -> (offset: Int, isLast: Bool)? {
        while mask == 0 {
            let offset = max(start, base &+ 64)
            // Neither is negative.
            guard offset <= bytes.byteCount &- 64 else { return nil }
            base = offset
            mask = Self.wholeMask(bytes, at: offset)
        }
        let found = base &+ mask.trailingZeroBitCount
        guard found &+ 4 <= end else { return nil }
        // Safe: `end` lies in the span, and every bit pattern is a UInt32.
        let behind = UInt32(
            littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: found, as: UInt32.self))
        let isLast = behind == 0x0A0D_0A0D
        if behind & 0x40_FFFF != 0x40_0A0D {
            guard isLast else { return nil }
        }
        // The CR, and the LF, unless that is the first byte of the next 64.
        mask &= mask &- 1
        mask &= mask &- 1
        return (found, isLast)
    }

    /// Passes over what stands before `offset`.
    @inline(__always) @_noLocks
    mutating func pass(to offset: Int) {
        mask = offset &- base < 64 ? mask & ~0 &<< UInt64(truncatingIfNeeded: offset &- base) : 0
    }

    @inline(__always) @_noLocks
    private static func mask(_ bytes: borrowing RawSpan, at offset: Int) -> UInt64 {
        bytes.has(64, at: offset) ? wholeMask(bytes, at: offset) : maskAtEnd(bytes, at: offset)
    }

    @inline(__always) @_noLocks
    private static func wholeMask(_ bytes: borrowing RawSpan, at offset: Int) -> UInt64 {
        lineEnds(bytes, offset) | lineEnds(bytes, offset &+ 16) << 16 | lineEnds(bytes, offset &+ 32) << 32
            | lineEnds(bytes, offset &+ 48) << 48
    }

    @inline(__always) @_noLocks
    private static func lineEnds(_ bytes: borrowing RawSpan, _ offset: Int) -> UInt64 {
        // Safe: both callers of wholeMask have made sure that 64 bytes lie inside; every bit pattern is a vector.
        let octets = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: sp_octets.self)
        return UInt64(truncatingIfNeeded: sp_line_ends(octets))
    }

    /// The last 64 bytes of the span, of which those before `offset` are shifted out; one by one when it is shorter.
    @inline(never) @_noLocks
    private static func maskAtEnd(_ bytes: borrowing RawSpan, at offset: Int) -> UInt64 {
        let start = bytes.byteCount &- 64
        if start >= 0 && offset >= start && offset &- start < 64 {
            return wholeMask(bytes, at: start) &>> UInt64(truncatingIfNeeded: offset &- start)
        }
        var mask: UInt64 = 0
        var index = bytes.byteCount &- 1
        while index >= offset {
            mask = mask &<< 1
            if bytes.byte(at: index).isLineEnd { mask |= 1 }
            index &-= 1
        }
        return mask
    }
}
