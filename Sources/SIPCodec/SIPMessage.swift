// A message (RFC 3261 section 7) is its first line, the header section and the body, each where it stands. One pass
// finds where lines end; of the header fields that the gateway acts on, the values' ranges are kept in the caller's
// rows, and read when somebody asks. The rest is only passed over.

import TextFormats

/// A SIP message in the caller's bytes. All ranges are offsets in the span that it was parsed from, and lie in it.
public struct SIPMessage: BitwiseCopyable, Sendable {
    /// Method and Request-URI, or status code.
    public let startLine: StartLine
    /// The value of CSeq.
    public let cSeq: CSeq
    private let viaText: TextRange
    private let fromText: TextRange
    private let toText: TextRange
    private let callIDText: TextRange
    /// Empty when there is none.
    private let contentLengthText: TextRange
    private let bodyText: TextRange
    private let start: UInt32
    private let end: UInt32

    /// The value of the first Via field: the topmost Via value, and maybe more.
    public var via: Range<Int> { @_noLocks get { viaText.range } }
    /// The value of From, a `NameAddress`.
    public var from: Range<Int> { @_noLocks get { fromText.range } }
    /// The value of To, a `NameAddress`.
    public var to: Range<Int> { @_noLocks get { toText.range } }
    /// The value of Call-ID.
    public var callID: Range<Int> { @_noLocks get { callIDText.range } }
    /// The digits of Content-Length; nil when there is none.
    public var contentLength: Range<Int>? {
        @_noLocks get { contentLengthText.range.isEmpty ? nil : contentLengthText.range }
    }
    /// The body; empty when there is none.
    public var body: Range<Int> { @_noLocks get { bodyText.range } }
    /// From the first byte of the start line to the end of the body.
    public var range: Range<Int> {
        @_noLocks get { Int(truncatingIfNeeded: start)..<body.upperBound }
    }
    /// In a datagram: what is behind the body, and to be ignored (RFC 3261 section 18.3). Empty on a stream.
    public var trailing: Range<Int> {
        @_noLocks get { body.upperBound..<Int(truncatingIfNeeded: end) }
    }

    /// Reads the message that stands in `range` of `bytes`, which is all of it when nil: a whole datagram, or on a
    /// stream what has arrived from the end of the message before. CR and LF before the start line are passed over (RFC
    /// 3261 section 7.5, and there are those who send them in datagrams too).
    ///
    /// - Throws: `MessageDefect`; the rows then hold what was read until there.
    @_noLocks
    public static func parse(
        _ bytes: borrowing RawSpan, _ range: Range<Int>? = nil, isStream: Bool, rows: inout HeaderRows
    ) throws(MessageDefect) -> SIPMessage {
        let range = bytes.range(range)
        let count = bytes.byteCount
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "a message outside of its span")
        precondition(count <= Int(UInt32.max), "rows hold offsets of 32 bits")
        rows.removeAll()
        var start = range.lowerBound
        while start < range.upperBound, bytes.byte(at: start).isLineEnd { start &+= 1 }
        let available = start..<range.upperBound
        var lines = HeaderLines(bytes, available)
        guard let first = try lines.line(of: bytes) else { throw beginning(bytes, available, isStream) }
        let startLine = try StartLine(bytes, first.start..<first.end)
        if first.isFolded { throw .startLine }
        let bodyStart = try HeaderLines.readFields(of: bytes, lines, into: &rows)
        return try SIPMessage(bytes, startLine: startLine, available, bodyStart: bodyStart, isStream: isStream, rows)
    }

    /// What is to be said of text in which no line ends.
    @_noLocks
    private static func beginning(
        _ bytes: borrowing RawSpan, _ range: Range<Int>, _ isStream: Bool
    ) -> MessageDefect {
        if range.isEmpty { return isStream ? .incomplete : .notSIP }
        // A method or SIP/2.0 and a space.
        for offset in range {
            let byte = bytes.byte(at: offset)
            if offset > range.lowerBound && byte == ASCII.space { return .incomplete }
            if !byte.isToken && byte != ASCII.slash { return .notSIP }
        }
        return isStream ? .incomplete : .notSIP
    }

    /// The message whose rows have been read.
    @inline(always) @_noLocks
    private init(
        _ bytes: borrowing RawSpan, startLine: StartLine, _ available: Range<Int>, bodyStart: Int, isStream: Bool,
        _ rows: borrowing HeaderRows
    ) throws(MessageDefect) {
        guard let via = rows.first(.via) else { throw .missing(.via) }
        guard let from = rows.first(.from) else { throw .missing(.from) }
        guard let to = rows.first(.to) else { throw .missing(.to) }
        guard let callID = rows.first(.callID), !callID.isEmpty else { throw .missing(.callID) }
        guard let cSeqRange = rows.first(.cSeq) else { throw .missing(.cSeq) }
        try Self.checkSingle(bytes, rows)
        guard let cSeq = CSeq(bytes, cSeqRange) else { throw .malformed(.cSeq) }
        if let method = startLine.method {
            guard cSeq.method == method else { throw .methodsDiffer }
            if method == .other {
                let isSame = bytes.equal(available.lowerBound..<startLine.uri.lowerBound &- 1, cSeq.methodRange)
                guard isSame else { throw .methodsDiffer }
            }
        }
        let contentLength = rows.first(.contentLength)
        var bodyEnd = available.upperBound
        if let contentLength {
            guard let length = bytes.number(contentLength), length <= 65535 else { throw .malformed(.contentLength) }
            bodyEnd = bodyStart &+ Int(truncatingIfNeeded: length)
            guard bodyEnd <= available.upperBound else { throw isStream ? .incomplete : .bodyTooShort }
        } else if isStream {
            throw .missing(.contentLength)
        }
        self.startLine = startLine
        self.cSeq = cSeq
        viaText = TextRange(via)
        fromText = TextRange(from)
        toText = TextRange(to)
        callIDText = TextRange(callID)
        contentLengthText = TextRange(contentLength ?? 0..<0)
        bodyText = TextRange(bodyStart..<bodyEnd)
        start = UInt32(truncatingIfNeeded: available.lowerBound)
        end = UInt32(truncatingIfNeeded: isStream ? bodyEnd : available.upperBound)
    }

    /// Throws when a field that makes the identity or the length of a message stands there more than once. That the
    /// same Content-Length does is harmless.
    @inline(__always) @_noLocks
    private static func checkSingle(_ bytes: borrowing RawSpan, _ rows: borrowing HeaderRows) throws(MessageDefect) {
        let single =
            HeaderRows.bit(.from) | HeaderRows.bit(.to) | HeaderRows.bit(.callID) | HeaderRows.bit(.cSeq)
            | HeaderRows.bit(.contentLength) | HeaderRows.bit(.contentType)
        if rows.repeated & single != 0 { try checkRepeated(bytes, rows) }
    }

    @_noLocks
    private static func checkRepeated(_ bytes: borrowing RawSpan, _ rows: borrowing HeaderRows) throws(MessageDefect) {
        if rows.isRepeated(.from) { throw .repeated(.from) }
        if rows.isRepeated(.to) { throw .repeated(.to) }
        if rows.isRepeated(.callID) { throw .repeated(.callID) }
        if rows.isRepeated(.cSeq) { throw .repeated(.cSeq) }
        if rows.isRepeated(.contentType) { throw .repeated(.contentType) }
        guard let first = rows.first(.contentLength), let length = bytes.number(first) else {
            throw .malformed(.contentLength)
        }
        for index in 0..<rows.count where rows[index].name == .contentLength {
            guard let other = bytes.number(rows[index].value) else { throw .malformed(.contentLength) }
            if other != length { throw .repeated(.contentLength) }
        }
    }
}
