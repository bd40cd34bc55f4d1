// One pass over a session description (RFC 8866 section 5), which gives the lines that a gateway acts on, in order: those
// before the first `media` speak of the session, those after it of that media, up to the next. What a line says is read
// only when asked for, by the type named after it.
//
// Read as phones read it: a lone LF ends a line as CR LF does, the last line may lack its end, and a line of a type or
// attribute that is not known is passed over, so no line can spoil another.

import TextFormats

/// Finds the lines of a session description that a gateway acts on.
///
/// Invariant: `lineFeeds` tells which of the 64 bytes from `base` on are an LF, those before `position` left out.
public struct SDPReader: Sendable {
    private var lineFeeds: UInt64 = 0
    private var base: Int
    /// Where the next line begins.
    private var position: Int
    private let end: Int
    /// Whether lines of the kind `rtpmap` are passed over, too, which are many, and mostly of no interest.
    public var skipsRTPMaps = false

    /// Stands before the first line of the session description in `range` of the span that is given to every `next`.
    @inline(__always) @_noLocks
    public init(_ range: Range<Int>) {
        base = range.lowerBound &- 64
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
            let lineFeed = lineFeed(in: bytes)
            position = lineFeed &+ 1
            if let line = SDPLine(bytes, start, lineFeed, end: min(position, end), skipsRTPMap: skipsRTPMaps) {
                return line
            }
        }
        return nil
    }

    /// Where the next LF stands; the end when there is none.
    @inline(__always) @_noLocks
    private mutating func lineFeed(in bytes: borrowing RawSpan) -> Int {
        while lineFeeds == 0 {
            base &+= 64
            guard base < end else { return end }
            lineFeeds = bytes.places(of: ASCII.lineFeed, from: base)
        }
        let found = base &+ lineFeeds.trailingZeroBitCount
        lineFeeds &= lineFeeds &- 1
        return min(found, end)
    }
}
