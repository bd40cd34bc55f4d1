import TextFormats

/// What a stream goes on with (RFC 3261 section 18.3, RFC 5626 section 3.5.1).
public enum StreamFrame: Sendable {
    /// Nothing yet that could be told: more has to come.
    case incomplete
    /// So many CR and LF between messages: a keep-alive, or its answer.
    case keepAlive(length: Int)
    /// A message, which begins where the stream goes on, and ends where its body does.
    case message(SIPMessage)
    /// No message, and nobody knows where one could begin again.
    case defect(MessageDefect)

    /// What stands in `range` of `bytes`, which is all of it when nil. The rows are those of a message, if it is one.
    @_noLocks
    public static func next(
        in bytes: borrowing RawSpan, _ range: Range<Int>? = nil, rows: inout HeaderRows
    ) -> StreamFrame {
        let range = bytes.range(range)
        var start = range.lowerBound
        while start < range.upperBound, bytes.byte(at: start).isLineEnd { start &+= 1 }
        if start > range.lowerBound { return .keepAlive(length: start &- range.lowerBound) }
        do throws(MessageDefect) {
            return .message(try SIPMessage.parse(bytes, range, isStream: true, rows: &rows))
        } catch {
            if case .incomplete = error { return .incomplete }
            return .defect(error)
        }
    }
}
