// Looking for bytes in text, 32 at a time as long as as many lie in the span, which may go on behind the text; else one
// by one. No byte outside the span is ever read.

import CXDP
import TextFormats

extension RawSpan {
    /// Sixteen bytes from `offset` on, of which all must lie inside.
    @inline(__always) @_noLocks
    func octets(at offset: Int) -> sp_octets {
        // Safe: the load is checked against the span's bounds, and every bit pattern is a vector of octets.
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: sp_octets.self)
    }

    /// Which of the 32 bytes from `offset` on are `byte`: a bit for each, the first lowest; 0 for those that lie behind
    /// the span's end.
    @inline(__always) @_noLocks
    func matches(_ byte: UInt8, at offset: Int) -> UInt32 {
        if offset <= byteCount &- 32 {
            return sp_equal(octets(at: offset), byte) | sp_equal(octets(at: offset &+ 16), byte) << 16
        }
        return matchesAtEnd(byte, at: offset)
    }

    @_noLocks
    private func matchesAtEnd(_ byte: UInt8, at offset: Int) -> UInt32 {
        var mask: UInt32 = 0
        var index = byteCount &- 1
        while index >= offset {
            mask = mask &<< 1
            if self.byte(at: index) == byte { mask |= 1 }
            index &-= 1
        }
        return mask
    }

    /// Where `byte` first stands in `range`, which lies inside.
    @inline(__always) @_noLocks
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let mask = matches(byte, at: offset)
            if mask != 0 {
                let found = offset &+ mask.trailingZeroBitCount
                return found < range.upperBound ? found : nil
            }
            offset &+= 32
        }
        return nil
    }

    /// Where the first space or control character stands in `range`, which lies inside.
    @inline(__always) @_noLocks
    func firstBlank(in range: Range<Int>) -> Int? {
        var offset = range.lowerBound
        while offset < range.upperBound {
            if offset <= byteCount &- 16 {
                let mask = sp_blank(octets(at: offset))
                if mask != 0 {
                    let found = offset &+ mask.trailingZeroBitCount
                    return found < range.upperBound ? found : nil
                }
                offset &+= 16
            } else {
                if byte(at: offset) <= ASCII.space { return offset }
                offset &+= 1
            }
        }
        return nil
    }

    /// Up to eight bytes from `offset` on, the first lowest, and 0 for those behind them.
    @inline(__always) @_noLocks
    func shortWord(at offset: Int, count: Int) -> UInt64 {
        guard offset <= byteCount &- 8 else { return shortWordAtEnd(offset, count) }
        let word = word(at: offset)
        return count >= 8 ? word : word & ~(~0 &<< UInt64(truncatingIfNeeded: 8 &* count))
    }

    @_noLocks
    private func shortWordAtEnd(_ offset: Int, _ count: Int) -> UInt64 {
        var word: UInt64 = 0
        var index = offset &+ count
        while index > offset {
            index &-= 1
            word = word &<< 8 | UInt64(truncatingIfNeeded: byte(at: index))
        }
        return word
    }
}
