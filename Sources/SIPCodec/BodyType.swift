// Content-Type: <type>/<subtype> {;<attribute>=<value>} (RFC 3261 section 20.15), in any case, with white space round
// every mark, so also over several lines.

import TextFormats

/// What a body is, told from its Content-Type.
public enum BodyType: Sendable {
    /// application/sdp: a session description.
    case sessionDescription
    /// multipart/ of any kind: parts between lines that begin with two hyphens and this boundary, 1 to 70 bytes (RFC 2046
    /// section 5.1.1).
    case multipart(boundary: Range<Int>)
    /// Something else, or a multipart without a proper boundary.
    case other

    /// Reads the value of a Content-Type header field, which stands in `value` of `bytes`.
    @_noLocks
    public init(_ bytes: borrowing RawSpan, _ value: Range<Int>) {
        // As nearly all write it.
        if bytes.isKeyword(value, "application/sdp") {
            self = .sessionDescription
            return
        }
        self = .other
        guard let slash = bytes.first(ASCII.slash, in: value) else { return }
        let type = bytes.trimmed(value.lowerBound..<slash)
        let semicolon = bytes.first(ASCII.semicolon, in: slash..<value.upperBound) ?? value.upperBound
        if bytes.isKeyword(type, "application") {
            if bytes.isKeyword(bytes.trimmed(slash &+ 1..<semicolon), "sdp") { self = .sessionDescription }
        } else if bytes.isKeyword(type, "multipart") {
            guard let boundary = Self.boundary(bytes, semicolon..<value.upperBound) else { return }
            self = .multipart(boundary: boundary)
        }
    }

    /// The boundary among these parameters, without quotation marks; nil when there is none of a legal length.
    @_noLocks
    private static func boundary(_ bytes: borrowing RawSpan, _ parameters: Range<Int>) -> Range<Int>? {
        guard var boundary = Parameters.value(of: .boundary, in: bytes, parameters) else { return nil }
        if !boundary.isEmpty, bytes.byte(at: boundary.lowerBound) == ASCII.quote {
            guard boundary.count >= 2, bytes.byte(at: boundary.upperBound &- 1) == ASCII.quote else { return nil }
            boundary = boundary.lowerBound &+ 1..<boundary.upperBound &- 1
        }
        return boundary.count >= 1 && boundary.count <= 70 ? boundary : nil
    }
}
