// The ends of lines, by one pass over the text: 64 bytes at a time become one word, with a bit for each CR and LF.

import CXDP
import TextFormats

/// Finds where lines end, each after the one before.
///
/// Invariant: `mask` tells of the 64 bytes from `base` on which are CR or LF.
struct LineScanner {
    private var mask: UInt64
    private var base: Int
    private let end: Int

    /// The lines that stand in `range`.
    @inline(__always) @_noLocks
    init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        base = range.lowerBound
        end = range.upperBound
        mask = Self.mask(bytes, at: base)
    }

    /// Where the first CR or LF stands from `offset` on, which never goes back; nil when there is none.
    @inline(__always) @_noLocks
    mutating func next(in bytes: borrowing RawSpan, from offset: Int) -> Int? {
        var offset = offset
        while true {
            let distance = offset &- base
            if distance < 64 {
                let rest = mask &>> UInt64(truncatingIfNeeded: distance)
                if rest != 0 {
                    let found = offset &+ rest.trailingZeroBitCount
                    return found < end ? found : nil
                }
                offset = base &+ 64
            }
            guard offset < end else { return nil }
            base = offset
            mask = Self.mask(bytes, at: base)
        }
    }

    @inline(__always) @_noLocks
    private static func mask(_ bytes: borrowing RawSpan, at offset: Int) -> UInt64 {
        if offset <= bytes.byteCount &- 64 { return wholeMask(bytes, at: offset) }
        return maskAtEnd(bytes, at: offset)
    }

    @inline(__always) @_noLocks
    private static func wholeMask(_ bytes: borrowing RawSpan, at offset: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: sp_line_ends(bytes.octets(at: offset)))
            | UInt64(truncatingIfNeeded: sp_line_ends(bytes.octets(at: offset &+ 16))) << 16
            | UInt64(truncatingIfNeeded: sp_line_ends(bytes.octets(at: offset &+ 32))) << 32
            | UInt64(truncatingIfNeeded: sp_line_ends(bytes.octets(at: offset &+ 48))) << 48
    }

    /// The last 64 bytes of the span, of which those before `offset` are shifted out; one by one when it is shorter.
    @_noLocks
    private static func maskAtEnd(_ bytes: borrowing RawSpan, at offset: Int) -> UInt64 {
        let start = bytes.byteCount &- 64
        if start >= 0 && offset &- start < 64 {
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
