import TextFormats

/// What a stream goes on with (RFC 3261 section 18.3, RFC 5626 section 3.5.1).
public enum StreamFrame: Sendable {
    /// Nothing yet that could be told: more has to come.
    case incomplete
    /// So many CR and LF between messages: a keep-alive, or its answer.
    case keepAlive(length: Int)
    /// A message, which begins where the stream goes on, and ends where its body does.
    case message(SIPMessage)
    /// No message that can be acted on. The next one begins so many bytes further on; nil if nobody knows where it
    /// could.
    case defect(MessageDefect, length: Int?)

    /// What stands in `range` of `bytes`, which is all of it when nil. The rows are those of a message, if it is one.
    /// `progress` is new for what is no longer incomplete, and kept by the caller until then.
    @_noLocks
    public static func next(
        in bytes: borrowing RawSpan, _ range: Range<Int>? = nil, rows: inout HeaderRows,
        progress: inout StreamProgress
    ) -> StreamFrame {
        let range = bytes.range(range)
        var start = range.lowerBound
        while start < range.upperBound, bytes.byte(at: start).isLineEnd { start &+= 1 }
        if start > range.lowerBound { return .keepAlive(length: start &- range.lowerBound) }
        guard progress.isWorthReading(bytes, range) else { return .incomplete }
        do throws(MessageDefect) {
            let message = try SIPMessage.parse(bytes, range, isStream: true, rows: &rows)
            progress = StreamProgress()
            return .message(message)
        } catch {
            return next(after: error, bytes, range, rows, &progress)
        }
    }

    /// Behind a header section with a good Content-Length the next message begins, whatever else is wrong with this
    /// one.
    @_noLocks
    private static func next(
        after defect: MessageDefect, _ bytes: borrowing RawSpan, _ range: Range<Int>, _ rows: borrowing HeaderRows,
        _ progress: inout StreamProgress
    ) -> StreamFrame {
        var isIncomplete = false
        if case .incomplete = defect { isIncomplete = true }
        var length: Int?
        // Where a message is only incomplete, it has been seen that all values are the same.
        if progress.head != 0, isBounded(in: defect), isIncomplete || !rows.isRepeated(.contentLength),
            let digits = rows.first(.contentLength), let body = bytes.number(digits), body <= 65535
        {
            length = progress.noteBody(Int(body))
        }
        if isIncomplete { return .incomplete }
        if let length, length > range.count { return .incomplete }
        progress = StreamProgress()
        return .defect(defect, length: length)
    }

    /// Whether all fields had been read when a defect was found.
    @_noLocks
    private static func isBounded(in defect: MessageDefect) -> Bool {
        switch defect {
        case .incomplete, .missing, .repeated, .malformed, .methodsDiffer: true
        default: false
        }
    }
}
