import SIPCodec
import TestSupport
import Testing

@Suite struct MultipartReaderTests {
    static let offer = "v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 5000 RTP/AVP 0\r\n"

    static let types: [(value: String, boundary: String?)] = [
        ("multipart/mixed;boundary=abc", "abc"), ("multipart/mixed; boundary=\"abc\"", "abc"),
        ("Multipart / Alternative ; Boundary = \"a b;c\" ; x", "a b;c"), ("MULTIPART/RELATED;boundary=a;type=x", "a"),
        ("multipart/mixed;\r\n boundary=abc", "abc"), ("multipart/mixed;a=\"b;boundary=c\\\"d\";boundary=e", "e"),
        ("multipart/mixed;start;boundary=0(3)'+_,-./:=?", "0(3)'+_,-./:=?"),
        ("multipart/mixed;boundary=" + String(repeating: "x", count: 70), String(repeating: "x", count: 70)),
        ("multipart/mixed;boundary=" + String(repeating: "x", count: 71), nil), ("multipart/mixed", nil),
        ("multipart/mixed;boundary=", nil), ("multipart/mixed;boundary=\"\"", nil),
        ("multipart/mixed;boundary=\"a", nil),
        ("multipart/mixed;boundary=\"", nil), ("multipart/mixed;boundary", nil), ("multipart", nil), ("", nil),
        ("multipartx/mixed;boundary=a", nil), ("text/plain;boundary=a", nil), ("multipart/mixed;xboundary=a", nil),
    ]

    @Test("The boundary in a Content-Type", arguments: types)
    func boundary(row: (value: String, boundary: String?)) {
        let value = bytes(row.value)
        var found: String?
        if case .multipart(let boundary) = BodyType(value.span.bytes, 0..<value.count) { found = text(value, boundary) }
        #expect(found == row.boundary)
    }

    @Test(
        "A session description is told by its type, in any case",
        arguments: [
            ("application/sdp", true), ("Application/SDP;charset=utf-8", true), (" application\t/\r\n sdp ", true),
            ("application/sdpx", false), ("application/sd", false), ("applications/sdp", false), ("text/sdp", false),
            ("application/sdp-x", false), ("application", false), ("application/", false), ("/sdp", false),
            ("application/x/sdp", false), ("sdp", false),
        ])
    func sessionDescription(row: (value: String, isOne: Bool)) {
        let value = bytes(row.value)
        var isOne = false
        if case .sessionDescription = BodyType(value.span.bytes, 0..<value.count) { isOne = true }
        #expect(isOne == row.isOne)
    }

    /// A body whose boundary is "b", and its parts: Content-Type | Content-Length | Content-Disposition | body.
    static let bodies: [(body: String, parts: [String])] = [
        (
            "--b\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\nContent-Disposition: session;handling=required\r\n"
                + "\r\nv=0\r\n\r\n--b\r\nCONTENT-TYPE:text/plain\r\n\r\nhi\r\n--b--\r\n",
            ["application/sdp|5|session;handling=required|v=0\r\n", "text/plain|||hi"]
        ),
        ("preamble\r\n--bb\r\n--b \t\r\n\r\nx\r\n--b--  \r\nepilogue\r\n--b\r\n\r\ny\r\n--b--", ["|||x"]),
        ("--b\nc: text/plain\nl : 1\n\nx\n--b--\n", ["text/plain|1||x"]),
        ("--b\r\nContent-Type: a\r\n\r\nx\r\n--b\r\n\r\ny\r\n", ["a|||x", "|||y\r\n"]),  // no last delimiter
        ("--b\r\nContent-Type: a\r\n\r\nx\r\n--b", ["a|||x"]),
        ("--b\r\nContent-Type: a;\r\n b=c\r\n\td\r\n\r\nx\r\n\r\n--b--", ["a;\r\n b=c\r\n\td|||x\r\n"]),
        (
            "--b\r\nContent-Type: a\r\nContent-Type: z\r\nContent-Length: x\r\nno field\r\n: y\r\n\r\n\r\n--b--",
            ["a|||"]
        ),
        ("--b\r\nContent-Type: a\r\n--b--", ["a|||"]),  // no empty line
        ("--b\r\n--b\r\n\r\n--b\r\n\r\n\r\n--b--", ["|||", "|||", "|||"]),
        (
            "--b\r\n\r\n--bc\r\n-- b\r\n--b-\r\n--b--x\r\n --b\r\n-b\r\n--b--",
            ["|||--bc\r\n-- b\r\n--b-\r\n--b--x\r\n --b\r\n-b"]
        ),
        ("--b--\r\n--b\r\n\r\nx\r\n--b--", []), ("--b", []), ("--", []), ("", []), ("no delimiter\r\n", []),
        ("--b\r\nContent-Length: 99999999999999999999\r\n\r\nx\r\n--b--", ["|4294967295||x"]),
    ]

    @Test("The parts of a body", arguments: bodies)
    func parts(row: (body: String, parts: [String])) {
        for (before, after) in [("", ""), ("--b\r\n\r\n", "\r\n--b--"), ("x--b", "--b--\r\n")] {
            let body = bytes(row.body)
            let all = bytes("b" + before) + body + bytes(after)
            let start = 1 + before.utf8.count
            #expect(written(all, boundary: 0..<1, body: start..<start + body.count) == row.parts)
        }
    }

    private func written(_ all: [UInt8], boundary: Range<Int>, body: Range<Int>) -> [String] {
        var reader = MultipartReader(boundary: boundary, body: body)
        var parts: [String] = []
        while let part = reader.next(in: all.span.bytes) {
            if let length = part.contentLength {
                let written = UInt64(text(all, length.range))
                #expect(written.map { UInt32(clamping: $0) } ?? .max == length.value)
            }
            let fields = [
                part.contentType.map { text(all, $0) }, part.contentLength.map { "\($0.value)" },
                part.contentDisposition.map { text(all, $0) }, text(all, part.body),
            ]
            parts.append(fields.map { $0 ?? "" }.joined(separator: "|"))
        }
        return parts
    }
}
