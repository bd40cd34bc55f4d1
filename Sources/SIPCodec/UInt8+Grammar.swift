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

    /// What names and IPv4 addresses of hosts are made of: letters, digits, hyphens, dots, and underscores.
    var isHost: Bool {
        @inline(__always) @_noLocks get {
            isLetter || isDigit || self == ASCII.hyphen || self == ASCII.dot || self == UInt8(ascii: "_")
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
        let (start, end) = trimmed(range.lowerBound, range.upperBound)
        return start..<end
    }

    /// The same from `start` to `end`, which is not before it.
    @inline(__always) @_noLocks
    func trimmed(_ start: Int, _ end: Int) -> (start: Int, end: Int) {
        var (start, end) = (start, end)
        while start < end, byte(at: start).isLinearSpace { start &+= 1 }
        while start < end, byte(at: end &- 1).isLinearSpace { end &-= 1 }
        return (start, end)
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
        if has(8, at: offset) {
            let digits = word(at: offset) ^ 0x3030_3030_3030_3030
            // The top bit of each octet up to the first that is no digit.
            let others = (digits &+ 0x7676_7676_7676_7676 | digits) & 0x8080_8080_8080_8080
            let count = min(others.trailingZeroBitCount &>> 3, end &- offset)
            if count < 8 { return (Self.decimal(digits, count), offset &+ max(count, 0)) }
        }
        return longNumber(from: offset, end)
    }

    /// The number of up to seven digits, the first lowest; what stands behind them does not matter.
    @inline(__always) @_noLocks
    private static func decimal(_ digits: UInt64, _ count: Int) -> UInt32 {
        guard count > 0 else { return 0 }
        // Zeros before them make eight; then those of two digits, of four, and of eight, side by side.
        let eight = digits &<< UInt64(truncatingIfNeeded: 64 &- 8 &* count)
        let pairs = (eight &* 10 &+ eight &>> 8) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs &* 100 &+ pairs &>> 16) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: fours &* 10_000 &+ fours &>> 32)
    }

    @inline(never) @_noLocks
    private func longNumber(from offset: Int, _ end: Int) -> (value: UInt32, end: Int) {
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
