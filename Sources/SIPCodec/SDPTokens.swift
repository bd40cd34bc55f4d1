// The fields of a value are parted by one space (RFC 8866 section 5); more of them, and tabs, are tolerated.

import TextFormats

/// Reads the fields of a value one after the other.
struct SDPTokens {
    private var position: Int
    private let end: Int

    /// Stands before the first field in `range`.
    @inline(__always) @_noLocks
    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next field; empty when there is none any more.
    @inline(__always) @_noLocks
    mutating func next(in bytes: borrowing RawSpan) -> Range<Int> {
        var start = position
        if start < end, bytes.byte(at: start) <= ASCII.space { start = Self.behindSpace(bytes, start, end) }
        position = bytes.end(before: ASCII.space, ASCII.space, in: start..<end)
        return start..<position
    }

    /// One space, as nearly all write it, or as much as there is.
    @inline(__always) @_noLocks
    private static func behindSpace(_ bytes: borrowing RawSpan, _ start: Int, _ end: Int) -> Int {
        let next = start &+ 1
        let isOne = next < end && bytes.byte(at: start) == ASCII.space && bytes.byte(at: next) > ASCII.space
        return isOne ? next : behindAllSpace(bytes, start, end)
    }

    @inline(never) @_noLocks
    private static func behindAllSpace(_ bytes: borrowing RawSpan, _ start: Int, _ end: Int) -> Int {
        bytes.skipSpace(start, end)
    }

    /// What stands behind the fields that were read, without white space at either end.
    @inline(__always) @_noLocks
    func rest(in bytes: borrowing RawSpan) -> Range<Int> { bytes.trimmed(position..<end) }
}

extension RawSpan {
    /// Whether the word in `range` is `name`, of at most 24 letters and in lower case, in any case.
    @inline(__always) @_noLocks
    func isKeyword(_ range: Range<Int>, _ name: StaticString) -> Bool {
        let count = name.utf8CodeUnitCount
        guard range.count == count else { return false }
        return Keyword(lowerCased: self, range.lowerBound, count: count) == Keyword(name)
    }
}
