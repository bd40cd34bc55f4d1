// The classes of bytes in RFC 3261 section 25.1 that are read one by one. What is passed over in bulk is looked for by
// RawSpan+Scan.

import TextFormats

extension UInt8 {
    /// alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~"
    var isToken: Bool {
        @inline(__always) @_noLocks get {
            if isLetter || isDigit { return true }
            return switch self {
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "%"), UInt8(ascii: "*"),
                UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "`"), UInt8(ascii: "'"), UInt8(ascii: "~"):
                true
            default: false
            }
        }
    }

    /// White space between the parts of a value: SP, HTAB, and the CR and LF of a folded line.
    var isLinearSpace: Bool {
        @inline(__always) @_noLocks get {
            if self > ASCII.space { return false }
            return self == ASCII.space || self == ASCII.tab || isLineEnd
        }
    }

    /// CR or LF.
    var isLineEnd: Bool {
        @inline(__always) @_noLocks get { self == ASCII.carriageReturn || self == ASCII.lineFeed }
    }
}

extension RawSpan {
    /// `range` without linear white space at its beginning and end.
    @inline(__always) @_noLocks
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, byte(at: start).isLinearSpace { start &+= 1 }
        while start < end, byte(at: end &- 1).isLinearSpace { end &-= 1 }
        return start..<end
    }

    /// The first offset from `offset` on, before `end`, that is no linear white space; else `end`.
    @inline(__always) @_noLocks
    func skipSpace(_ offset: Int, _ end: Int) -> Int {
        var offset = offset
        while offset < end, byte(at: offset).isLinearSpace { offset &+= 1 }
        return offset
    }

    /// The decimal number that fills `range`; one that is larger than 32 bits is the largest. Nil when there is
    /// anything but digits, or nothing.
    @inline(__always) @_noLocks
    func number(_ range: Range<Int>) -> UInt32? {
        let number = number(from: range.lowerBound, range.upperBound)
        return number.end == range.upperBound && !range.isEmpty ? number.value : nil
    }

    /// The decimal number that begins at `offset`, and where it ends, before `end` or there: at `offset` when there is
    /// no digit. One that is larger than 32 bits is the largest.
    @inline(__always) @_noLocks
    func number(from offset: Int, _ end: Int) -> (value: UInt32, end: Int) {
        var value: UInt64 = 0
        var offset = offset
        while offset < end {
            let digit = byte(at: offset) &- ASCII.zero
            guard digit < 10 else { break }
            value = min(value &* 10 &+ UInt64(truncatingIfNeeded: digit), UInt64(UInt32.max))
            offset &+= 1
        }
        return (UInt32(truncatingIfNeeded: value), offset)
    }

    /// Whether the same bytes stand in both ranges.
    @_noLocks
    func equal(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count
        where byte(at: left.lowerBound &+ index) != byte(at: right.lowerBound &+ index) { return false }
        return true
    }
}
