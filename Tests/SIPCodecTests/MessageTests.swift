import SIPCodec
import TestSupport
import Testing
import WireFormats

@Suite struct MessageTests {
    static let golden = """
        INVITE sip:bob@biloxi.example.com SIP/2.0\r
        Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKnashds8;rport\r
        Max-Forwards: 70\r
        To: "Bob" <sip:bob@biloxi.example.com>\r
        From: Alice <sip:alice@10.0.0.5>;tag=1928301774\r
        Call-ID: a84b4c76e66710@10.0.0.5\r
        CSeq: 314159 INVITE\r
        Contact: <sip:alice@10.0.0.5:5060;ob>;expires=60\r
        User-Agent: one that: nobody, looks at\r
        Content-Type: application/sdp\r
        Content-Length: 5\r
        \r
        v=0\r\n
        """

    @Test func `An INVITE is where it stands`() throws {
        let parsed = try Parsed(Self.golden)
        let message = parsed.message
        #expect(message.startLine.method == .invite && message.startLine.uri == 7..<33 && message.startLine.code == 0)
        #expect(parsed.text(parsed.requestURI) == "sip:bob@biloxi.example.com")
        #expect(parsed.text(message.via) == "SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKnashds8;rport")
        #expect(parsed.text(message.from) == "Alice <sip:alice@10.0.0.5>;tag=1928301774")
        #expect(parsed.text(message.to) == "\"Bob\" <sip:bob@biloxi.example.com>")
        #expect(parsed.text(message.callID) == "a84b4c76e66710@10.0.0.5")
        #expect(message.cSeq.number == 314_159 && message.cSeq.method == .invite)
        #expect(parsed.text(message.cSeq.methodRange) == "INVITE")
        #expect(parsed.text(message.contentLength) == "5")
        #expect(parsed.text(message.body) == "v=0\r\n")
        #expect(message.range == 0..<parsed.bytes.count && message.trailing.isEmpty)
        #expect(
            parsed.rows.map(\.name)
                == [.via, .to, .from, .callID, .cSeq, .contact, .contentType, .contentLength])
    }

    @Test func `A response is where it stands`() throws {
        let parsed = try Parsed(invite(line: "SIP/2.0 180 Ringing"))
        #expect(parsed.message.startLine.code == 180 && parsed.message.startLine.method == nil)
        #expect(parsed.message.cSeq.method == .invite)
        #expect(parsed.message.contentLength == nil && parsed.message.body.isEmpty)
    }

    @Test func `What stands before and behind a message in its span changes nothing`() throws {
        let before = bytes("SIP/2.0 200 OK\r\nVia: x\r\n")
        let message = bytes(Self.golden)
        let stream = before + message + bytes("more\r\n")
        var rows = HeaderRows()
        let range = before.count..<before.count + message.count
        let read = try SIPMessage.parse(stream.span.bytes, range, isStream: false, rows: &rows)
        #expect(read.range == range && text(stream, read.callID) == "a84b4c76e66710@10.0.0.5")
        #expect(rows.count == 8 && read.trailing.isEmpty)
        let first = rows.first(.contact)
        let none = rows.first(.route)
        #expect(first.map { text(stream, $0) } == "<sip:alice@10.0.0.5:5060;ob>;expires=60" && none == nil)
    }

    static let names: [(field: String, name: HeaderName)] = [
        ("Via", .via), ("v", .via), ("From", .from), ("f", .from), ("To", .to), ("t", .to), ("Call-ID", .callID),
        ("i", .callID), ("CSeq", .cSeq), ("Contact", .contact), ("m", .contact), ("Content-Length", .contentLength),
        ("l", .contentLength), ("Content-Type", .contentType), ("c", .contentType),
        ("Content-Encoding", .contentEncoding), ("e", .contentEncoding), ("Expires", .expires),
        ("Min-Expires", .minExpires), ("Route", .route), ("Record-Route", .recordRoute), ("Path", .path),
        ("Service-Route", .serviceRoute), ("Refer-To", .referTo), ("r", .referTo), ("Referred-By", .referredBy),
        ("b", .referredBy), ("Replaces", .replaces), ("P-Asserted-Identity", .pAssertedIdentity),
        ("P-Preferred-Identity", .pPreferredIdentity), ("Authorization", .authorization),
        ("Proxy-Authorization", .proxyAuthorization), ("Require", .require), ("Supported", .supported),
        ("k", .supported), ("Session-Expires", .sessionExpires), ("x", .sessionExpires),
    ]

    @Test("RFC 3261 7.3.1, 7.3.3: names in any case and by one letter, and no other", arguments: names)
    func headerName(row: (field: String, name: HeaderName)) {
        for spelling in [row.field, row.field.lowercased(), row.field.uppercased()] {
            let all = bytes(spelling)
            let alone = HeaderName(all.span.bytes, 0..<all.count)
            #expect(alone == row.name)
            let inside = bytes("xx" + spelling + ": a very long value")
            let found = HeaderName(inside.span.bytes, 2..<2 + all.count)
            #expect(found == row.name)
            for index in all.indices {
                var other = all
                other[index] = UInt8(ascii: "7")
                let changed = HeaderName(other.span.bytes, 0..<all.count)
                #expect(changed == .other, "\(text(other, 0..<other.count))")
            }
        }
    }

    @Test func `A name that has none, or is longer than all, is other`() {
        let long = bytes("P-Preferred-Identity2")
        let empty = HeaderName(long.span.bytes, 0..<0)
        let longer = HeaderName(long.span.bytes, 0..<long.count)
        #expect(empty == .other && longer == .other)
    }

    @Test("RFC 3261 7.3.1: white space round the colon, and folding")
    func whiteSpace() throws {
        let spaces = String(repeating: " ", count: 60)
        let parsed = try Parsed(
            invite(
                "Contact \t :\t<sip:a@b>  \nm:<sip:c@d>\nRoute:\r\n <sip:e@f>,\r\n\t<sip:g@h>\r\n  \n"
                    + "Content-Length\(spaces):\(spaces)3\(spaces)", body: "abcdef"))
        #expect(parsed.rows(.contact) == ["<sip:a@b>", "<sip:c@d>"])
        #expect(parsed.rows(.route) == ["<sip:e@f>,\r\n\t<sip:g@h>"])
        #expect(parsed.values(.route).map { parsed.text($0) } == ["<sip:e@f>", "<sip:g@h>"])
        #expect(parsed.text(parsed.message.body) == "abc" && parsed.text(parsed.message.trailing) == "def")
    }

    @Test func `A field without value is empty, and a line without colon is passed over`() throws {
        let parsed = try Parsed(invite("Contact:\nSupported: \t\nno colon here\n:"))
        #expect(parsed.rows(.contact) == [""] && parsed.rows(.supported) == [""])
    }

    @Test func `Lines may end with LF alone`() throws {
        let parsed = try Parsed(invite("m: <sip:a@b>", body: "x").replacing("\r\n", with: "\n"))
        #expect(parsed.rows(.contact) == ["<sip:a@b>"] && parsed.text(parsed.message.body) == "x")
    }

    @Test func `Wherever a line ends, and however the last field is written, the same fields are read`() throws {
        for count in 0..<150 {
            for last in ["k: x", "k : x", "k:\n x", "K:x \n9: z", "Supported\t:x\nX"] {
                let filler = String(repeating: "a", count: count)
                let message = invite("X: \(filler)\nm: <sip:a@b>\n\(last)", body: "m: <sip:c@d>")
                for text in [message, message.replacing("\r\n", with: "\n")] {
                    let parsed = try Parsed(text)
                    #expect(
                        parsed.rows(.contact) == ["<sip:a@b>"] && parsed.rows(.supported) == ["x"], "\(count) \(last)")
                    #expect(parsed.text(parsed.message.body) == "m: <sip:c@d>", "\(count) \(last)")
                }
            }
        }
    }

    @Test func `A name that goes on behind one that is known is another`() throws {
        for name in ["Content-Encoding", "Content-Length", "Contact", "To", "Session-Expires", "P-Preferred-Identity"] {
            for more in ["X: a", "X a: b", "X  a: b", "X", "\r\n: a"] {
                let parsed = try Parsed(invite("\(name)\(more)"))
                #expect(parsed.rows.count == 5, "\(name)\(more)")
            }
        }
    }

    @Test func `A CR that ends no line is refused in the header section, and is nothing in the body`() throws {
        #expect(defect(invite("X: a\rContent-Length: 5")) == .bareCarriageReturn)
        #expect(defect(invite("X: a\r\r\nY: b")) == .bareCarriageReturn)
        #expect(defect("INVITE sip:a\rb SIP/2.0\r\n\r\n") == .bareCarriageReturn)
        #expect(try Parsed(invite(body: "a\rb\r")).message.body.count == 4)
    }

    @Test("RFC 3261 18.3: in a datagram, Content-Length ends the body, and so does the end of the datagram")
    func datagram() throws {
        #expect(try Parsed(invite(body: "whole")).message.body.count == 5)
        let parsed = try Parsed(invite("l: 2", body: "whole"))
        #expect(parsed.text(parsed.message.body) == "wh" && parsed.text(parsed.message.trailing) == "ole")
        #expect(parsed.message.range.upperBound == parsed.message.trailing.lowerBound)
        #expect(defect(invite("l: 6", body: "whole")) == .bodyTooShort)
        #expect(defect(invite(line: "SIP/2.0 200 OK").replacing("\r\n\r\n", with: "\r\nl: 1\r\n\r\n")) == .bodyTooShort)
    }

    @Test(
        "Content-Length that is no number from 0 to 65535",
        arguments: ["-1", "", "5x", "0x5", "+5", "5 5", "5,5", "65536", "4294967296", "18446744073709551621"])
    func contentLength(value: String) {
        #expect(defect(invite("Content-Length: \(value)", body: "abcdef")) == .malformed(.contentLength))
    }

    @Test func `Content-Length twice is harmless when it says the same`() throws {
        #expect(try Parsed(invite("l: 2\nContent-Length: 02", body: "ab")).message.body.count == 2)
        #expect(defect(invite("l: 2\nContent-Length: 1", body: "ab")) == .repeated(.contentLength))
        #expect(defect(invite("l: 2\nContent-Length: x", body: "ab")) == .malformed(.contentLength))
        #expect(try Parsed(invite("l: 00000000000000000001", body: "ab")).message.body.count == 1)
    }

    @Test(
        "RFC 3261 8.1.1: without any of these there is no message",
        arguments: [
            ("Via", HeaderName.via), ("From", .from), ("To", .to), ("Call-ID", .callID), ("CSeq", .cSeq),
        ])
    func mandatory(row: (field: String, name: HeaderName)) {
        #expect(defect(invite(replacing: row.field)) == .missing(row.name))
    }

    @Test func `An empty Call-ID is none`() {
        #expect(defect(invite("Call-ID:", replacing: "Call-ID")) == .missing(.callID))
    }

    @Test(
        "What makes the identity of a dialog stands there once",
        arguments: [
            ("f: <sip:x@y>;tag=1", HeaderName.from), ("t: <sip:x@y>", .to), ("i: 2", .callID),
            ("CSeq: 1 INVITE", .cSeq),
        ])
    func repeated(row: (field: String, name: HeaderName)) {
        #expect(defect(invite(row.field)) == .repeated(row.name))
    }

    @Test(
        "RFC 3261 20.16: a CSeq that is none",
        arguments: [
            "INVITE", "1", "1INVITE", "x INVITE", "1 ", "2147483648 INVITE", "99999999999999999999 INVITE", "1 A/B",
        ])
    func cSeq(value: String) {
        #expect(defect(invite("CSeq: \(value)", replacing: "CSeq")) == .malformed(.cSeq))
    }

    @Test func `CSeq has leading zeros, white space, and the method of the request`() throws {
        let parsed = try Parsed(invite("CSeq: 0002147483647\r\n\t INVITE", replacing: "CSeq"))
        #expect(parsed.message.cSeq.number == 2_147_483_647)
        #expect(defect(invite("CSeq: 1 BYE", replacing: "CSeq")) == .methodsDiffer)
        #expect(defect(invite("CSeq: 1 invite", replacing: "CSeq")) == .methodsDiffer)
        let other = "NEW sip:a@b SIP/2.0"
        #expect(defect(invite("CSeq: 1 NEW", replacing: "CSeq", line: other)) == nil)
        #expect(defect(invite("CSeq: 1 OLD", replacing: "CSeq", line: other)) == .methodsDiffer)
        #expect(defect(invite("CSeq: 1 BYE", replacing: "CSeq", line: "SIP/2.0 200 OK")) == nil)
    }

    static let methods: [(text: String, method: Method)] = [
        ("INVITE", .invite), ("ACK", .ack), ("BYE", .bye), ("CANCEL", .cancel), ("REGISTER", .register),
        ("OPTIONS", .options), ("PRACK", .prack), ("UPDATE", .update), ("INFO", .info), ("SUBSCRIBE", .subscribe),
        ("NOTIFY", .notify), ("REFER", .refer), ("MESSAGE", .message), ("PUBLISH", .publish), ("invite", .other),
        ("SUBSCRIBER", .other), ("A", .other), ("x-!%*_+`'~", .other),
    ]

    @Test("RFC 3261 7.1: methods are case-sensitive, and every token is one", arguments: methods)
    func method(row: (text: String, method: Method)) throws {
        let parsed = try Parsed(
            invite("CSeq: 1 \(row.text)", replacing: "CSeq", line: "\(row.text) sip:bob@10.0.0.9 sIp/2.0"))
        #expect(parsed.message.startLine.method == row.method && parsed.message.cSeq.method == row.method)
    }

    static let startLines: [(line: String, defect: MessageDefect?)] = [
        ("SIP/2.0 200 OK", nil), ("sip/2.0 200 ", nil), ("SIP/2.0 200", nil), ("SIP/2.0 699 x", nil),
        ("SIP/2.0 99 x", .startLine), ("SIP/2.0 099 x", .startLine), ("SIP/2.0 700 x", .startLine),
        ("SIP/2.0 2000 x", .startLine), ("SIP/2.0  200 x", .startLine), ("SIP/2.0 abc", .startLine),
        ("SIP/2.0 2", .notSIP), ("SIP/3.0 200 OK", .version), ("INVITE sip:a@b SIP/3.0", .version),
        ("INVITE sip:a@b SIP/2.00", .startLine), ("INVITE sip:a@b  SIP/2.0", .startLine),
        ("INVITE sip:a@b SIP/2.0 ", .startLine), ("INVITE  sip:a@b SIP/2.0", .startLine),
        ("INVITE <sip:a@b> SIP/2.0", .startLine), ("INVITE sip:a b SIP/2.0", .startLine),
        ("INVITE sip:a\tb SIP/2.0", .startLine), ("IN/VITE sip:a@b SIP/2.0", .startLine),
        (" INVITE sip:a SIP/2.0", .startLine),
        ("INVITE SIP/2.0", .startLine), ("INVITE  SIP/2.0", .startLine),
        ("GET / HTTP/1.1", .notSIP), ("INVITE sip:a@b", .notSIP),
    ]

    @Test("RFC 3261 7.1, 7.2: first lines", arguments: startLines)
    func startLine(row: (line: String, defect: MessageDefect?)) {
        #expect(defect(invite(line: row.line)) == row.defect)
    }

    @Test func `A first line is not folded`() {
        #expect(defect("INVITE sip:a@b SIP/2.0\r\n Via: x\r\n\r\n") == .startLine)
    }

    @Test(
        "What is no SIP",
        arguments: [
            "", "\r\n\r\n", "\r\n", "\0\0\0\0", "\0", "hello", "\u{80}\u{C8}\0\u{01}",
            "\u{00}\u{01}\u{00}\u{00}\u{21}\u{12}\u{A4}\u{42}abcdefghijkl", "\u{16}\u{03}\u{01}",
            "GET / HTTP/1.0\r\n\r\n",
        ])
    func foreign(text: String) {
        #expect(defect(text) == .notSIP)
    }

    @Test func `A datagram that ends before its header section does`() {
        let whole = bytes(Self.golden)
        let header = whole.count - 5
        for count in 0..<header {
            let found = defect(Array(whole[..<count]))
            let expected: MessageDefect = count < 7 ? .notSIP : .incomplete
            #expect(found == expected, "\(count) bytes")
        }
    }

    @Test func `CR and LF before a message are passed over`() throws {
        let parsed = try Parsed("\r\n\r\n\n" + Self.golden)
        #expect(parsed.message.range.lowerBound == 5 && parsed.text(parsed.message.body) == "v=0\r\n")
    }

    @Test func `More rows than there is room for are refused, other fields are not counted`() throws {
        let most = HeaderRows.capacity - 5
        let fields = (0..<most).map { "Contact: <sip:\($0)@h>\nX-\($0): y" }.joined(separator: "\n")
        #expect(try Parsed(invite(fields)).rows(.contact).count == most)
        #expect(defect(invite(fields + "\nm: <sip:a@b>")) == .tooManyHeaders)
        #expect(defect(invite(fields + "\nY: y")) == nil)
    }

    @Test func `Rows are used again without what they held`() throws {
        var rows = HeaderRows()
        let first = bytes(invite("Contact: <sip:a@b>\nl: 0"))
        let second = bytes(invite())
        _ = try SIPMessage.parse(first.span.bytes, isStream: true, rows: &rows)
        let before = rows.first(.contact)
        let message = try SIPMessage.parse(second.span.bytes, isStream: false, rows: &rows)
        let after = rows.first(.contact)
        #expect(before != nil && after == nil && message.contentLength == nil)
        #expect(rows.count == 5)
    }
}
