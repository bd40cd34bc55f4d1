import TextFormats

/// The values of a header field that may hold several, separated by commas (RFC 3261 section 7.3.1): Via, Contact,
/// Route and the like. Commas in quotation marks, angle brackets and comments do not separate; what is opened there and
/// not closed reaches to the end.
public struct ValueList: Sendable {
    private var position: Int
    private let end: Int

    /// The values that stand in `range`, a row's value.
    @inline(__always) @_noLocks
    public init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next value, without white space before and behind it; nil at the end. Empty ones are passed over.
    @inline(__always) @_noLocks
    public mutating func next(in bytes: borrowing RawSpan) -> Range<Int>? {
        while position < end {
            let valueEnd = self.valueEnd(bytes)
            let value = bytes.trimmed(position..<valueEnd)
            position = valueEnd &+ 1
            if !value.isEmpty { return value }
        }
        return nil
    }

    @inline(__always) @_noLocks
    private func valueEnd(_ bytes: borrowing RawSpan) -> Int {
        // Mostly there is one value, and nothing has to be looked at twice.
        guard bytes.contains(ASCII.comma, in: position..<end) else { return end }
        return Self.comma(bytes, position, end)
    }

    /// Where the first comma stands that separates.
    @_noLocks
    private static func comma(_ bytes: borrowing RawSpan, _ start: Int, _ end: Int) -> Int {
        var offset = start
        while offset < end {
            switch bytes.byte(at: offset) {
            case ASCII.comma: return offset
            case ASCII.quote: offset = bytes.quotedEnd(offset, end) ?? end
            case ASCII.lessThan:
                offset = bytes.first(ASCII.greaterThan, in: offset..<end) ?? end
            case ASCII.leftParenthesis: offset = commentEnd(bytes, offset, end)
            default: offset &+= 1
            }
        }
        return end
    }

    /// Where the comment ends that begins at `start`; comments nest.
    @_noLocks
    private static func commentEnd(_ bytes: borrowing RawSpan, _ start: Int, _ end: Int) -> Int {
        var depth = 0
        var offset = start
        while offset < end {
            switch bytes.byte(at: offset) {
            case ASCII.leftParenthesis: depth &+= 1
            case ASCII.rightParenthesis: depth &-= 1
            case ASCII.backslash: offset &+= 1
            default: break
            }
            offset &+= 1
            if depth == 0 { return offset }
        }
        return end
    }
}
