// One pass over a session description (RFC 8866 section 5), which gives the lines that a gateway acts on, in order: those
// before the first `media` speak of the session, those after it of that media, up to the next. What a line says is read
// only when asked for, by the type named after it.
//
// Read as phones read it: a lone LF ends a line as CR LF does, the last line may lack its end, and a line of a type or
// attribute that is not known is passed over, so no line can spoil another.

import TextFormats

/// Finds the lines of a session description that a gateway acts on.
public struct SDPReader: Sendable {
    private var position: Int
    private let end: Int

    /// Stands before the first line of the session description in `range` of the span that is given to every `next`.
    @_noLocks
    public init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next line that a gateway acts on; nil when there is none any more. Traps when the session description does not
    /// lie inside `bytes`.
    @_noLocks
    public mutating func next(in bytes: RawSpan) -> SDPLine? {
        while position < end {
            let start = position
            position = bytes.lineEnd(in: start..<end)
            if let line = SDPLine(bytes, start..<position) { return line }
        }
        return nil
    }
}
