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
        guard let usual = scanner.usualEnd(in: bytes, from: next) else { return try unusualLine(of: bytes) }
        let line = Line(start: next, end: usual.offset, isFolded: false)
        next = usual.offset &+ 2
        return line
    }

    /// A line of any kind.
    @inline(never) @_noLocks
    private mutating func unusualLine(of bytes: borrowing RawSpan) throws(MessageDefect) -> Line? {
        let start = next
        // Before `base` no line ends, once usualEnd has looked that far.
        guard let end = scanner.next(in: bytes, from: max(start, scanner.base)) else { return nil }
        var following = end
        if bytes.byte(at: end) == ASCII.carriageReturn {
            following &+= 1
            guard following < scanner.end else { return nil }
            guard bytes.byte(at: following) == ASCII.lineFeed else { throw .bareCarriageReturn }
        }
        next = following &+ 1
        scanner.pass(to: next)
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
        while true {
            let start = lines.next
            guard start <= bytes.byteCount &- 16, let end = lines.scanner.usualEnd(in: bytes, from: start) else {
                let unusual = try readUnusualField(of: bytes, lines, into: &rows)
                lines = unusual.lines
                if unusual.isOver { return lines.next }
                continue
            }
            // Safe: sixteen bytes from `start` on lie inside, as does all that stands before `end`.
            let window = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: sp_octets.self)
            let count = (sp_equal(window, ASCII.colon) | 0x1_0000).trailingZeroBitCount
            let name = unsafe HeaderName(unchecked: bytes, start, count: count)
            if !(name == .other) {
                // The colon is before the end, since CR and LF are in no name. It follows it, a space, and then what makes
                // the value: all of them are before the end, too.
                let value = start &+ count &+ 2
                let isUsual =
                    unsafe bytes.unchecked(at: value &- 1) == ASCII.space
                    && bytes.unchecked(at: value) > ASCII.space && bytes.unchecked(at: end.offset &- 1) > ASCII.space
                if isUsual {
                    guard rows.append(HeaderRow(name: name, value, end.offset)) else { throw .tooManyHeaders }
                } else {
                    try readField(of: bytes, start, end.offset, end.offset, into: &rows)
                }
            } else if end.offset == start {
                // The empty line, behind a field whose line is not usual.
                return start &+ 2
            } else if count == 16 || bytes.byte(at: start &+ count &- 1) <= ASCII.space {
                try readField(of: bytes, start, end.offset, end.offset, into: &rows)
            }
            lines.next = end.offset &+ 2
            if end.isLast { return end.offset &+ 4 }
        }
    }

    /// Reads a field whose line is not usual, or the empty line, and gives what comes behind it.
    @inline(never) @_noLocks
    private static func readUnusualField(
        of bytes: borrowing RawSpan, _ section: HeaderLines, into rows: inout HeaderRows
    ) throws(MessageDefect) -> (lines: HeaderLines, isOver: Bool) {
        var lines = section
        guard let line = try lines.unusualLine(of: bytes) else { throw .incomplete }
        if line.start == line.end { return (lines, true) }
        var end = line.end
        var isFolded = line.isFolded
        while isFolded {
            guard let more = try lines.unusualLine(of: bytes) else { throw .incomplete }
            end = more.end
            isFolded = more.isFolded
        }
        try readField(of: bytes, line.start, line.end, end, into: &rows)
        return (lines, false)
    }

    /// Reads a field of any kind, the first line of which ends at `lineEnd`.
    @inline(never) @_noLocks
    private static func readField(
        of bytes: borrowing RawSpan, _ start: Int, _ lineEnd: Int, _ end: Int, into rows: inout HeaderRows
    ) throws(MessageDefect) {
        guard let colon = bytes.first(ASCII.colon, in: start..<lineEnd) else { return }
        // White space may stand before the colon, but not before the name.
        let name = bytes.trimmed(start..<colon)
        guard name.lowerBound == start else { return }
        let known = HeaderName(bytes, name)
        guard !(known == .other) else { return }
        let row = HeaderRow(name: known, value: bytes.trimmed(colon &+ 1..<end))
        guard rows.append(row) else { throw .tooManyHeaders }
    }
}
