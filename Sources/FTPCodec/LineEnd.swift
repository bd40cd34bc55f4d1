// Where a control line ends. A lone LF ends a line as CR LF does, because every server in use reads it so; a lone CR
// does not. A TCP segment's end means nothing (RFC 1123 section 4.1.2.10).

import TextFormats

/// The search for the end of a control line.
public enum LineEnd {
    /// The offset just after the first LF at or after `start` and before `end`, which is the end of the span when nil;
    /// nil when the line is not complete yet. Traps when bytes outside of the span would have to be read.
    @_noLocks
    public static func find(in bytes: RawSpan, from start: Int, to end: Int? = nil) -> Int? {
        let count = bytes.byteCount
        let end = end ?? count
        var offset = start
        while offset &+ 8 <= end {
            // A byte of `word` is zero where there is an LF; the lowest bit of `zeros` then marks the first of them.
            let word = bytes.word(at: offset) ^ 0x0A0A_0A0A_0A0A_0A0A
            let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            if zeros != 0 { return offset &+ zeros.trailingZeroBitCount / 8 &+ 1 }
            offset &+= 8
        }
        while offset < end {
            if bytes.byte(at: offset) == ASCII.lineFeed { return offset &+ 1 }
            offset &+= 1
        }
        return nil
    }
}
