// The fields of a value are parted by one space (RFC 8866 section 5); more of them, and tabs, are tolerated.

import TextFormats

/// Reads the fields of a value one after the other.
struct SDPTokens {
    private var position: Int
    private let end: Int

    /// Stands before the first field in `range`.
    @_noLocks
    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// What has not been read yet.
    var rest: Range<Int> { @_noLocks get { position..<end } }

    /// The next field; empty when there is none any more.
    @_noLocks
    mutating func next(in bytes: RawSpan) -> Range<Int> {
        while position < end, bytes.byte(at: position).isSpace { position &+= 1 }
        let start = position
        while position < end, !bytes.byte(at: position).isSpace { position &+= 1 }
        return start..<position
    }

    /// The last field, which then is read; empty when there is none any more.
    @_noLocks
    static func last(in bytes: RawSpan, _ range: Range<Int>) -> Range<Int> {
        let range = bytes.trimmed(range)
        var start = range.upperBound
        while start > range.lowerBound, !bytes.byte(at: start &- 1).isSpace { start &-= 1 }
        return start..<range.upperBound
    }
}
