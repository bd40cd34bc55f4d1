import CXDP
import TextFormats

/// Reads a header section line by line.
///
/// What is usual has a short way: a line that ends with CRLF and is not folded, a name of up to 15 bytes with its colon
/// behind it, one space before the value. Whatever else there is has a longer one.
///
/// Invariant: `next` lies in the text of `scanner`, or at its end.
struct HeaderLines {
    private var scanner: LineScanner
    /// Where the next line begins.
    private(set) var next: Int

    @inline(__always) @_noLocks
    init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        scanner = LineScanner(bytes, range)
        next = range.lowerBound
    }

    /// A line, and whether the next one continues it (RFC 3261 section 7.3.1).
    struct Line {
        let start: Int
        /// Where its CRLF, or LF alone, stands.
        let end: Int
        let isFolded: Bool
    }

    /// The next line; nil when it does not end here.
    @inline(__always) @_noLocks
    mutating func line(of bytes: borrowing RawSpan) throws(MessageDefect) -> Line? {
        let start = next
        guard let end = scanner.next(in: bytes, from: start) else { return nil }
        if bytes.has(4, at: end), end &+ 4 <= scanner.end {
            let behind = bytes.quarter(at: end)
            if behind & 0xFFFF == 0x0A0D {
                next = end &+ 2
                let byte = UInt8(truncatingIfNeeded: behind &>> 16)
                return Line(start: start, end: end, isFolded: byte == ASCII.space || byte == ASCII.tab)
            }
        }
        return try unusualLine(of: bytes, start, end)
    }

    /// A line that ends the text, or not with CRLF.
    @inline(never) @_noLocks
    private mutating func unusualLine(
        of bytes: borrowing RawSpan, _ start: Int, _ end: Int
    ) throws(MessageDefect) -> Line? {
        var following = end
        if bytes.byte(at: end) == ASCII.carriageReturn {
            following &+= 1
            guard following < scanner.end else { return nil }
            guard bytes.byte(at: following) == ASCII.lineFeed else { throw .bareCarriageReturn }
        }
        next = following &+ 1
        guard next < scanner.end else { return Line(start: start, end: end, isFolded: false) }
        let byte = bytes.byte(at: next)
        return Line(start: start, end: end, isFolded: byte == ASCII.space || byte == ASCII.tab)
    }

    /// Reads the fields up to the empty line, and returns where the body begins.
    @_noLocks
    static func readFields(
        of bytes: borrowing RawSpan, _ section: HeaderLines, into rows: inout HeaderRows
    ) throws(MessageDefect) -> Int {
        var lines = section
        while let line = try lines.line(of: bytes) {
            if line.start == line.end { return lines.next }
            var end = line.end
            var isFolded = line.isFolded
            while isFolded {
                guard let more = try lines.line(of: bytes) else { throw .incomplete }
                end = more.end
                isFolded = more.isFolded
            }
            let field = field(of: bytes, line.start, line.end)
            if field.name == .other { continue }
            let row = HeaderRow(name: field.name, value: value(of: bytes, field.colon &+ 1, end))
            guard rows.append(row) else { throw .tooManyHeaders }
        }
        throw .incomplete
    }

    /// The name in a line, and where its colon stands.
    @inline(__always) @_noLocks
    private static func field(of bytes: borrowing RawSpan, _ start: Int, _ end: Int) -> (name: HeaderName, colon: Int) {
        if bytes.has(16, at: start) {
            let count = sp_equal(bytes.octets(at: start), ASCII.colon).trailingZeroBitCount
            if count < 16, count > 0, start &+ count < end, bytes.byte(at: start &+ count &- 1) > ASCII.space {
                return (HeaderName(bytes, start, count: count), start &+ count)
            }
        }
        return unusualField(of: bytes, start, end)
    }

    /// A name that is longer, or has white space before its colon; `other` when there is no colon.
    @inline(never) @_noLocks
    private static func unusualField(
        of bytes: borrowing RawSpan, _ start: Int, _ end: Int
    ) -> (name: HeaderName, colon: Int) {
        guard let colon = bytes.first(ASCII.colon, in: start..<end) else { return (.other, end) }
        let name = bytes.trimmed(start..<colon)
        return (name.lowerBound == start ? HeaderName(bytes, name) : .other, colon)
    }

    /// A value without the white space before and behind it.
    @inline(__always) @_noLocks
    private static func value(of bytes: borrowing RawSpan, _ start: Int, _ end: Int) -> Range<Int> {
        let first = start &+ 1
        if first < end, bytes.byte(at: start) == ASCII.space, bytes.byte(at: first) > ASCII.space,
            bytes.byte(at: end &- 1) > ASCII.space
        {
            return first..<end
        }
        return unusualValue(of: bytes, start, end)
    }

    @inline(never) @_noLocks
    private static func unusualValue(of bytes: borrowing RawSpan, _ start: Int, _ end: Int) -> Range<Int> {
        bytes.trimmed(start..<end)
    }
}
