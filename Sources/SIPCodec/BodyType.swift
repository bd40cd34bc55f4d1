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
        self = .other
        guard let slash = bytes.first(ASCII.slash, in: value) else { return }
        let parameters = bytes.first(ASCII.semicolon, in: slash..<value.upperBound) ?? value.upperBound
        var type = CaselessName(bytes.trimmed(value.lowerBound..<slash))
        switch type.next(in: bytes) {
        case 0x6170_706C_6963_6174 where type.ends(with: 0x696F_6E00_0000_0000, in: bytes):  // application
            var subtype = CaselessName(bytes.trimmed(slash &+ 1..<parameters))
            if subtype.next(in: bytes) == 0x7364_7000_0000_0000 { self = .sessionDescription }
        case 0x6D75_6C74_6970_6172 where type.ends(with: 0x7400_0000_0000_0000, in: bytes):  // multipart
            if let boundary = Self.boundary(bytes, parameters..<value.upperBound) {
                self = .multipart(boundary: boundary)
            }
        default: break
        }
    }

    /// The value of the parameter "boundary", without quotation marks; nil when there is none of a legal length.
    @_noLocks
    private static func boundary(_ bytes: RawSpan, _ parameters: Range<Int>) -> Range<Int>? {
        var start = parameters.lowerBound
        let end = parameters.upperBound
        while let equals = bytes.first(ASCII.equals, in: start..<end) {
            // What is before another semicolon is a parameter without a value.
            while let semicolon = bytes.first(ASCII.semicolon, in: start..<equals) { start = semicolon &+ 1 }
            var name = CaselessName(bytes.trimmed(start..<equals))
            let isBoundary = name.ends(with: 0x626F_756E_6461_7279, 0, in: bytes)
            let rest = bytes.trimmed(equals &+ 1..<end)
            let value: Range<Int>
            if !rest.isEmpty, bytes.byte(at: rest.lowerBound) == ASCII.quote {
                value = rest.lowerBound &+ 1..<quotationEnd(bytes, rest)
            } else {
                value = bytes.trimmed(rest.lowerBound..<(bytes.first(ASCII.semicolon, in: rest) ?? rest.upperBound))
            }
            if isBoundary { return value.count >= 1 && value.count <= 70 ? value : nil }
            start = value.upperBound
        }
        return nil
    }

    /// Where the quotation mark stands that ends the quotation which `range` begins with, or the end of the range. A
    /// backslash takes the meaning from the byte behind it (RFC 3261 section 25.1, "quoted-pair").
    @_noLocks
    private static func quotationEnd(_ bytes: RawSpan, _ range: Range<Int>) -> Int {
        var offset = range.lowerBound &+ 1
        while offset < range.upperBound, bytes.byte(at: offset) != ASCII.quote {
            offset &+= bytes.byte(at: offset) == ASCII.backslash ? 2 : 1
        }
        return offset < range.upperBound ? offset : range.upperBound
    }
}
