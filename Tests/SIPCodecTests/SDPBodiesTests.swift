import SIPCodec
import TestSupport
import Testing

@Suite struct SDPBodiesTests {
    static let offer = "v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 5000 RTP/AVP 0\r\n"
    static let answer = "v=0\r\nm=audio 0 RTP/AVP 0\r\n"

    /// A part of this type, with a Content-Length.
    static func part(_ type: String, _ body: String) -> String {
        "Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// These parts, with delimiters between them.
    static func multipart(_ boundary: String, _ parts: String...) -> String {
        parts.map { "--\(boundary)\r\n\($0)\r\n" }.joined() + "--\(boundary)--\r\n"
    }

    static let isup = part("application/ISUP;version=nxv3;base=etsi121", "\u{1}\u{0}\u{49}\u{0}\r\n\u{3}")
    static let sdpPart = part("application/sdp", offer)

    /// A body and its type; the lengths of the session description in it, of its part and of the part around that.
    static let rows: [(type: String, body: String, found: [String])] = [
        ("application/sdp", offer, [offer]), ("application/sdp", "", [""]),
        ("text/plain", offer, []), ("", offer, []),
        ("multipart/mixed;boundary=unique-boundary-1", multipart("unique-boundary-1", sdpPart, isup), [offer + "48"]),
        ("multipart/mixed;boundary=\"b c\"", "preamble\r\n" + multipart("b c", isup, sdpPart), [offer + "48"]),
        (
            "multipart/mixed;boundary=a",
            multipart("a", isup, part("multipart/alternative;boundary=ab", multipart("ab", isup, sdpPart))),
            [offer + "48,211"]
        ),
        (
            "multipart/mixed;boundary=a",
            multipart(
                "a", part("multipart/related; boundary=\"a-\"", multipart("a-", sdpPart, part("text/plain", "x"))),
                part("application/sdp", answer)),
            [offer + "48,173", answer + "26"]
        ),
        (  // RFC 5621 section 3.1 demands no more than one level; the third is left alone.
            "multipart/mixed;boundary=a",
            multipart(
                "a",
                part(
                    "multipart/mixed;boundary=b",
                    multipart("b", part("multipart/mixed;boundary=c", multipart("c", sdpPart))))
            ),
            []
        ),
        ("multipart/mixed;boundary=a", "--a\r\nContent-Type: application/sdp\r\n\r\n" + offer, [offer]),
        ("multipart/mixed", multipart("a", sdpPart), []),
    ]

    @Test("The session descriptions in a body, and the lengths around them", arguments: rows)
    func found(row: (type: String, body: String, found: [String])) {
        let all = bytes(row.type + row.body)
        let start = row.type.utf8.count
        var bodies = SDPBodies(all.span.bytes, body: start..<all.count, contentType: 0..<start)
        var found: [String] = []
        while let body = bodies.next(in: all.span.bytes) {
            let lengths = [body.part?.contentLength, body.outerPart?.contentLength].compactMap { $0 }
            for length in lengths { #expect(text(all, length.range) == "\(length.value)") }
            found.append(text(all, body.range) + lengths.map { "\($0.value)" }.joined(separator: ","))
        }
        #expect(found == row.found)
    }
}
