import TextFormats

/// Reads a header section line by line.
struct HeaderLines {
    private var scanner: LineScanner
    /// Where the next line begins.
    private(set) var next: Int
    private let end: Int

    @inline(__always) @_noLocks
    init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        scanner = LineScanner(bytes, range)
        next = range.lowerBound
        end = range.upperBound
    }

    /// The next line without its end, which is CRLF, or LF alone; nil when it does not end here.
    @inline(__always) @_noLocks
    mutating func line(of bytes: borrowing RawSpan) throws(MessageDefect) -> Range<Int>? {
        guard let lineEnd = scanner.next(in: bytes, from: next) else { return nil }
        let line = unsafe Range(uncheckedBounds: (next, lineEnd))  // Safe: the scanner goes forwards.
        var following = lineEnd
        if bytes.byte(at: lineEnd) == ASCII.carriageReturn {
            following &+= 1
            guard following < end else { return nil }
            guard bytes.byte(at: following) == ASCII.lineFeed else { throw .bareCarriageReturn }
        }
        next = following &+ 1
        return line
    }

    /// Whether the next line continues the one before (RFC 3261 section 7.3.1).
    @inline(__always) @_noLocks
    func isFolded(in bytes: borrowing RawSpan) -> Bool {
        guard next < end else { return false }
        let byte = bytes.byte(at: next)
        return byte == ASCII.space || byte == ASCII.tab
    }

    /// Reads fields up to the empty line, behind which `next` then is.
    @inline(__always) @_noLocks
    mutating func readFields(of bytes: borrowing RawSpan, into rows: inout HeaderRows) throws(MessageDefect) {
        while let line = try line(of: bytes) {
            if line.isEmpty { return }
            var end = line.upperBound
            while isFolded(in: bytes) {
                guard let more = try self.line(of: bytes) else { throw .incomplete }
                end = more.upperBound
            }
            guard let colon = bytes.first(ASCII.colon, in: line) else { continue }
            let name = HeaderName(bytes, Self.name(of: bytes, line.lowerBound..<colon))
            if name == .other { continue }
            let row = HeaderRow(name: name, value: bytes.trimmed(colon &+ 1..<end))
            guard rows.append(row) else { throw .tooManyHeaders }
        }
        throw .incomplete
    }

    /// A name without the white space that may stand before its colon.
    @inline(__always) @_noLocks
    private static func name(of bytes: borrowing RawSpan, _ range: Range<Int>) -> Range<Int> {
        var end = range.upperBound
        while end > range.lowerBound, bytes.byte(at: end &- 1).isLinearSpace { end &-= 1 }
        return range.lowerBound..<end
    }
}
