// One pass over a session description (RFC 8866 section 5), which gives the lines that a gateway acts on, in order: those
// before the first `media` speak of the session, those after it of that media, up to the next. What a line says is read
// only when asked for, by the type named after it.
//
// Read as phones read it: a lone LF ends a line as CR LF does, the last line may lack its end, and a line of a type or
// attribute that is not known is passed over, so no line can spoil another.

import TextFormats

/// Finds the lines of a session description that a gateway acts on.
public struct SDPReader: Sendable {
    private var scanner: LineScanner
    /// Where the next line begins.
    private var position: Int
    private let end: Int

    /// Stands before the first line of the session description in `range` of the span that is given to every `next` too.
    @inline(__always) @_noLocks
    public init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        scanner = LineScanner(bytes, range)
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next line that a gateway acts on; nil when there is none any more. Traps when the session description does not
    /// lie inside `bytes`.
    @_noLocks
    public mutating func next(in bytes: borrowing RawSpan) -> SDPLine? {
        precondition(position >= 0 && end <= bytes.byteCount, "session description outside of the span")
        while position < end {
            let start = position
            let contentEnd = readLine(bytes)
            if let line = SDPLine(bytes, start..<position, contentEnd: contentEnd) { return line }
        }
        return nil
    }

    /// Goes on behind the line, and gives where it ends without CR LF or LF.
    @inline(__always) @_noLocks
    private mutating func readLine(_ bytes: borrowing RawSpan) -> Int {
        var offset = position
        while let found = scanner.next(in: bytes, from: offset) {
            let next = found &+ 1
            // Safe: position <= found < end, and next < end in the second; `next(in:)` has checked that these lie inside.
            if unsafe bytes.unsafeLoad(fromUncheckedByteOffset: found, as: UInt8.self) == ASCII.lineFeed {
                position = next
                return found
            }
            if next < end, unsafe bytes.unsafeLoad(fromUncheckedByteOffset: next, as: UInt8.self) == ASCII.lineFeed {
                position = next &+ 1
                return found
            }
            // A CR without an LF is part of the line.
            offset = next
        }
        position = end
        return end
    }
}
