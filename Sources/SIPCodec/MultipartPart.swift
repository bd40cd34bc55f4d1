// A part is header fields, an empty line, and a body (RFC 2046 section 5.1). Only the three header fields are read that
// matter here; their short names are those of SIP, which some use in parts too.

import TextFormats

/// A part of a multipart body.
public struct MultipartPart: Sendable {
    /// The value of its Content-Type; nil when it has none, which makes it plain text.
    public private(set) var contentType: Range<Int>?
    /// Its Content-Length, which has to follow when its body is changed; nil when it has none that is a number. Where the
    /// part ends does not depend on it.
    public private(set) var contentLength: MultipartLength?
    /// The value of its Content-Disposition; nil when it has none.
    public private(set) var contentDisposition: Range<Int>?
    /// Its body; empty when the empty line before it is missing.
    public private(set) var body: Range<Int>

    /// Reads the part that stands in `range` of `bytes`.
    @_noLocks
    init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        contentType = nil
        contentLength = nil
        contentDisposition = nil
        body = range
        var start = range.lowerBound
        while start < range.upperBound {
            var end = bytes.lineEnd(in: start..<range.upperBound)
            if bytes.trimmed(start..<end).isEmpty {
                start = end
                break
            }
            while end < range.upperBound, Self.isContinuation(bytes, end) {
                end = bytes.lineEnd(in: end..<range.upperBound)
            }
            readField(bytes, start..<end)
            start = end
        }
        body = start..<range.upperBound
    }

    /// What its body is.
    @_noLocks
    public func type(in bytes: borrowing RawSpan) -> BodyType {
        guard let contentType else { return .other }
        return BodyType(bytes, contentType)
    }

    /// Whether the line that begins at `start` belongs to the field before it.
    @_noLocks
    private static func isContinuation(_ bytes: borrowing RawSpan, _ start: Int) -> Bool {
        let first = bytes.byte(at: start)
        return first == ASCII.space || first == ASCII.tab
    }

    /// Takes a header field, whose lines stand in `range`; the first of a name counts.
    @_noLocks
    private mutating func readField(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        guard let colon = bytes.first(ASCII.colon, in: range) else { return }
        let value = bytes.trimmed(colon &+ 1..<range.upperBound)
        let name = bytes.trimmed(range.lowerBound..<colon)
        switch HeaderName(bytes, name) {
        case .contentType: if contentType == nil { contentType = value }
        case .contentLength: if contentLength == nil { contentLength = MultipartLength(bytes, value) }
        default:
            if contentDisposition == nil, bytes.isKeyword(name, "content-disposition") { contentDisposition = value }
        }
    }
}
