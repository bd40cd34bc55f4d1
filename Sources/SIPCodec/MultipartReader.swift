// The parts of a multipart body stand between delimiters: lines of two hyphens, the boundary, white space at most, and
// two more hyphens in the last of them (RFC 2046 section 5.1.1). What is before the first and behind the last is passed
// over. The line end before a delimiter belongs to it, not to the part.
//
// A line is only a delimiter when nothing else stands behind the boundary; the RFC would allow more, but then the inner
// boundary of a nested body could be taken for the outer one that it begins with. When the last delimiter is missing, the
// last part goes on to the end of the body.

import TextFormats

/// Finds the parts of a multipart body.
public struct MultipartReader: Sendable {
    private let boundary: Range<Int>
    /// The line after the delimiter that was found last; the beginning of the body before the first.
    private var position: Int
    private let end: Int
    private var isInParts = false

    /// Stands before the first part of the multipart in `body`, of the span that is given to every `next`.
    @_noLocks
    public init(boundary: Range<Int>, body: Range<Int>) {
        self.boundary = boundary
        position = body.lowerBound
        end = body.upperBound
    }

    /// The next part; nil when there is none any more. Traps when the body or the boundary do not lie inside `bytes`.
    @_noLocks
    public mutating func next(in bytes: borrowing RawSpan) -> MultipartPart? {
        if !isInParts {
            isInParts = true
            let preamble = delimiter(in: bytes)
            position = preamble.isLast ? end : preamble.range.upperBound
        }
        guard position < end else { return nil }
        let start = position
        let delimiter = delimiter(in: bytes)
        position = delimiter.isLast ? end : delimiter.range.upperBound
        return MultipartPart(bytes, start..<delimiter.range.lowerBound)
    }

    /// The first delimiter at or after `position`, with the line end before it; the end of the body when there is none.
    @_noLocks
    private func delimiter(in bytes: borrowing RawSpan) -> (range: Range<Int>, isLast: Bool) {
        var start = position
        while start < end {
            let lineEnd = bytes.lineEnd(in: start..<end)
            if let isLast = readDelimiter(bytes, start..<lineEnd) {
                return (lineBefore(bytes, start)..<lineEnd, isLast)
            }
            start = lineEnd
        }
        return (end..<end, true)
    }

    /// Nil when a line is no delimiter; else whether it is the last.
    @_noLocks
    private func readDelimiter(_ bytes: borrowing RawSpan, _ line: Range<Int>) -> Bool? {
        let start = line.lowerBound &+ 2
        let behind = start &+ boundary.count
        guard behind <= line.upperBound, bytes.byte(at: start &- 2) == ASCII.hyphen,
            bytes.byte(at: start &- 1) == ASCII.hyphen
        else { return nil }
        guard bytes.equal(start..<behind, boundary) else { return nil }
        let rest = bytes.trimmed(behind..<line.upperBound)
        if rest.isEmpty { return false }
        guard rest.count == 2, bytes.byte(at: behind) == ASCII.hyphen, bytes.byte(at: behind &+ 1) == ASCII.hyphen
        else {
            return nil
        }
        return true
    }

    /// Where the line end begins that stands just before `start`, as far as it belongs to the same part.
    @_noLocks
    private func lineBefore(_ bytes: borrowing RawSpan, _ start: Int) -> Int {
        var offset = start
        if offset > position, bytes.byte(at: offset &- 1) == ASCII.lineFeed { offset &-= 1 }
        if offset > position, offset < start, bytes.byte(at: offset &- 1) == ASCII.carriageReturn { offset &-= 1 }
        return offset
    }
}

extension RawSpan {
    /// The offset just after the first LF in `range`; its end when there is none.
    @_noLocks
    func lineEnd(in range: Range<Int>) -> Int {
        first(ASCII.lineFeed, in: range).map { $0 &+ 1 } ?? range.upperBound
    }
}
