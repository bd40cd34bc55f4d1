import Foundation
import SIPCodec
import Testing
import WireFormats

/// The torture messages of RFC 4475 and, for IPv6, RFC 5118: byte for byte as the RFCs have them, with CRLF.
///
/// The valid ones have to be read, every value that the gateway may act on included. Of the invalid ones, many are
/// wrong only for who answers them: to a gateway they are messages like others, and pass to who says so. It refuses
/// those that two readers could take for different messages.
@Suite struct TortureTests {
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Torture")

    private static func message(_ name: String) throws -> [UInt8] {
        let valid = directory.appendingPathComponent("valid/\(name).dat")
        let isValid = FileManager.default.fileExists(atPath: valid.path)
        return try [UInt8](Data(contentsOf: isValid ? valid : directory.appendingPathComponent("invalid/\(name).dat")))
    }

    static func names(_ kind: String) -> [String] {
        let files = try? FileManager.default.contentsOfDirectory(atPath: directory.appendingPathComponent(kind).path)
        return (files ?? []).map { $0.replacing(".dat", with: "") }.sorted()
    }

    @Test func `All of them are here: 49 of RFC 4475, 12 of RFC 5118`() {
        #expect(Self.names("valid").count == 13 + 10 && Self.names("invalid").count == 36 + 2)
    }

    @Test("A valid message is read, with all its addresses", arguments: names("valid"))
    func valid(name: String) throws {
        let parsed = try Parsed(try Self.message(name))
        for index in parsed.values(.via).indices { #expect(parsed.via(index) != nil, "Via \(index)") }
        for header in [HeaderName.from, .to, .contact, .route, .recordRoute] {
            for value in parsed.values(header) {
                let address = try #require(parsed.address(value), "\(parsed.text(value))")
                #expect(parsed.uri(address.uri) != nil, "\(parsed.text(value))")
            }
        }
        if parsed.message.startLine.method != nil { #expect(parsed.uri(parsed.requestURI) != nil) }
        if parsed.message.contentLength != nil {
            #expect(try Parsed(try Self.message(name), isStream: true).rows.count > 4)
        }
    }

    /// What is made of each that is not valid: nil when it is a message nevertheless.
    static let verdicts: [(name: String, defect: MessageDefect?, why: String)] = [
        ("badinv01", nil, "only the second Via value is none; the first is where responses go"),
        ("clerr", .bodyTooShort, "RFC 3261 18.3"),
        ("ncl", .malformed(.contentLength), "negative"),
        ("scalar02", .malformed(.cSeq), "the number identifies the transaction, and does not fit"),
        ("scalarlg", .malformed(.cSeq), "as above"),
        ("quotbal", nil, "To is no address; its tag cannot be told"),
        ("ltgtruri", .startLine, "readers may disagree on the Request-URI"),
        ("lwsruri", .startLine, "as above"), ("lwsstart", .startLine, "as above"), ("trws", .startLine, "as above"),
        ("escruri", nil, "headers in a Request-URI: who is addressed ignores or refuses them"),
        ("baddate", nil, "Date is not looked at"),
        ("regbadct", nil, "the Contact is no address, and is not rewritten"),
        ("badaspec", nil, "spaces in angle brackets are passed over"),
        ("baddn", nil, "a comma in a name without quotation marks changes nothing in To and From"),
        ("badvers", .version, "another version may have another grammar"),
        ("mismatch01", .methodsDiffer, "readers may disagree on the method"),
        ("mismatch02", .methodsDiffer, "as above"),
        ("bigcode", .startLine, "no status code"),
        ("badbranch", nil, "a branch that is nothing but the cookie"),
        ("insuf", .missing(.from), "From, To and Call-ID are missing"),
        ("unkscm", nil, "the Request-URI is the server's business"), ("novelsc", nil, "as above"),
        ("unksm2", nil, "URIs of other schemes hold no address"),
        ("bext01", nil, "extensions are the server's business"), ("invut", nil, "so are types of bodies"),
        ("regaut01", nil, "and schemes of authorization"),
        ("multi01", .repeated(.from), "readers may disagree on the dialog"),
        ("mcl01", .repeated(.contentLength), "readers may disagree on the length"),
        ("bcast", nil, "addresses are the rewriter's business"), ("zeromf", nil, "Max-Forwards is not looked at"),
        ("cparam01", nil, "the parameter is the field's"), ("cparam02", nil, "the parameter is the URI's"),
        ("regescrt", nil, "headers in a Contact are legal"), ("sdp01", nil, "Accept is not looked at"),
        ("inv2543", nil, "no branch, no From tag, no Content-Length: RFC 2543 allowed that"),
        ("ipv6-bad", nil, "the Request-URI is none, and is not rewritten"),
        ("ipv6-bug-abnf-3-colons", nil, "what is in brackets is not looked at further"),
    ]

    @Test("An invalid message has this defect, or none that matters to a gateway", arguments: verdicts)
    func invalid(row: (name: String, defect: MessageDefect?, why: String)) throws {
        #expect(defect(try Self.message(row.name)) == row.defect, "\(row.why)")
    }

    @Test func `There is a verdict on every invalid message`() {
        #expect(Self.verdicts.map(\.name).sorted() == Self.names("invalid"))
    }

    @Test func `wsinv: a short tortuous INVITE`() throws {
        let parsed = try Parsed(try Self.message("wsinv"))
        #expect(parsed.text(parsed.requestURI) == "sip:vivekg@chair-dnrc.example.com;unknownparam")
        #expect(parsed.text(parsed.message.callID) == "wsinv.ndaksdj@192.0.2.1")
        #expect(parsed.message.cSeq.number == 9 && parsed.message.cSeq.method == .invite)
        #expect(parsed.text(parsed.message.contentLength) == "150" && parsed.message.body.count == 150)
        #expect(parsed.message.trailing.isEmpty)
        let to = try #require(parsed.address(parsed.message.to))
        let toTag = Parameters.value(of: .tag, in: parsed.bytes.span.bytes, to.parameters)
        #expect(parsed.text(to.uri) == "sip:vivekg@chair-dnrc.example.com" && parsed.text(toTag) == "1918181833n")
        let from = try #require(parsed.address(parsed.message.from))
        let fromTag = Parameters.value(of: .tag, in: parsed.bytes.span.bytes, from.parameters)
        #expect(parsed.text(from.displayName) == "\"J Rosenberg \\\\\\\"\"" && parsed.text(fromTag) == "98asjd8")
        let hosts = (0..<parsed.values(.via).count).map { parsed.via($0).map { parsed.text($0.sentBy.range) } }
        #expect(hosts == ["192.0.2.2", "spindle.example.com", "192.168.255.111"])
        let branches = (0..<3).map { parsed.via($0).flatMap { parsed.text($0.branch?.value) } }
        #expect(branches == ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"])
        let contact = try #require(parsed.address(parsed.values(.contact)[0]))
        let q = Parameters.value(of: .q, in: parsed.bytes.span.bytes, contact.parameters)
        #expect(parsed.text(contact.uri) == "sip:jdrosen@example.com" && parsed.text(q) == "0.33")
        #expect(parsed.rows(.route) == ["<sip:services.example.com;lr;unknownwith=value;unknown-no-value>"])
    }

    @Test func `intmeth: a wide range of valid characters`() throws {
        let parsed = try Parsed(try Self.message("intmeth"))
        #expect(parsed.message.startLine.method == .other)
        let uri = try #require(parsed.uri(parsed.requestURI))
        #expect(uri.host.map { parsed.text($0.range) } == "example.com")
        #expect(parsed.text(parsed.message.callID) == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{")
        let to = try #require(parsed.address(parsed.message.to))
        #expect(parsed.text(to.displayName) == "\"BEL:\\\u{7} NUL:\\\0 DEL:\\\u{7F}\"")
        let from = try #require(parsed.address(parsed.message.from))
        let tag = Parameters.value(of: .tag, in: parsed.bytes.span.bytes, from.parameters)
        #expect(parsed.text(from.uri) == "sip:mundane@example.com" && parsed.text(tag) == "_token~1'+`*%!-.")
    }

    @Test func `esc02: an escape in the name of a field is no Contact`() throws {
        let parsed = try Parsed(try Self.message("esc02"))
        #expect(parsed.rows(.contact) == ["<sip:alias1@host1.example.com>", "<sip:alias3@host3.example.com>"])
    }

    @Test func `longreq: 34 Via values, however spelt`() throws {
        let parsed = try Parsed(try Self.message("longreq"))
        #expect(parsed.rows(.via).count == 34 && parsed.text(parsed.message.via) == "SIP/2.0/TCP sip33.example.com")
    }

    @Test func `dblreq: what follows in the datagram is ignored, and on a stream is the next message`() throws {
        let bytes = try Self.message("dblreq")
        let parsed = try Parsed(bytes)
        #expect(parsed.message.cSeq.method == .register && parsed.message.body.isEmpty)
        #expect(parsed.message.trailing.count == 450)
        var rows = HeaderRows()
        var progress = StreamProgress()
        let frames = Frames(of: bytes, &rows, &progress)
        // By its Content-Length the second one ends before its last line does.
        #expect(frames.lengths == [300, -2, 443] && frames.rest == .defect(.notSIP))
    }

    @Test func `semiuri: a semicolon in the user part begins no parameter`() throws {
        let parsed = try Parsed(try Self.message("semiuri"))
        let uri = try #require(parsed.uri(parsed.requestURI))
        #expect(parsed.text(uri.userInfo) == "user;par=u%40example.net" && uri.parameters.isEmpty)
    }

    @Test func `transports: every transport, known or not`() throws {
        let parsed = try Parsed(try Self.message("transports"))
        let transports = (0..<5).map { parsed.via($0).map { parsed.text($0.transport) } }
        #expect(transports == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"])
    }

    @Test func `mpart01: a binary body is where Content-Length says`() throws {
        let parsed = try Parsed(try Self.message("mpart01"))
        #expect(
            parsed.message.body.count == 553 && parsed.text(parsed.message.body).hasSuffix("--7a9cbec02ceef655--\r\n"))
        let type = try #require(parsed.rows.first { $0.name == .contentType }).value
        #expect(parsed.text(type) == "multipart/mixed;boundary=7a9cbec02ceef655")
    }

    @Test func `cparam01 and cparam02: a parameter belongs to the field, or in brackets to the URI`() throws {
        let field = try Parsed(try Self.message("cparam01"))
        let fieldAddress = try #require(field.address(field.values(.contact)[0]))
        #expect(field.text(fieldAddress.parameters) == ";unknownparam")
        let uri = try Parsed(try Self.message("cparam02"))
        let uriAddress = try #require(uri.address(uri.values(.contact)[0]))
        #expect(
            uriAddress.parameters.isEmpty && uri.uri(uriAddress.uri).map { uri.text($0.parameters) } == ";unknownparam")
    }

    @Test("RFC 5118 4.3, 4.4: a port is behind the bracket")
    func ports() throws {
        for (name, port) in [("port-ambiguous", nil), ("port-unambiguous", UInt16(5070))] {
            let parsed = try Parsed(try Self.message(name))
            let host = try #require(parsed.uri(parsed.requestURI)?.host)
            #expect(host.kind == .ipv6 && host.port == port, "\(name)")
        }
        let bad = try Parsed(try Self.message("ipv6-bad"))
        #expect(bad.uri(bad.requestURI) == nil)
    }

    @Test("RFC 5118 4.5: received with and without brackets")
    func received() throws {
        for name in ["via-received-param-no-delim", "via-received-param-with-delim"] {
            let parsed = try Parsed(try Self.message(name))
            let value = try #require(parsed.via(0)?.received?.value)
            #expect(parsed.text(value).contains("2001:db8::9:255"), "\(name)")
        }
    }

    @Test("RFC 5118 4.7, 4.9: addresses of both families")
    func families() throws {
        let parsed = try Parsed(try Self.message("mult-ip-in-header"))
        let kinds = (0..<3).map { parsed.via($0)?.sentBy.kind }
        #expect(kinds == [.ipv6, .ipv4(IPv4Address(192, 0, 2, 1)), .ipv6])
        let mapped = try Parsed(try Self.message("ipv4-mapped-ipv6"))
        #expect(mapped.via(0)?.sentBy.kind == .ipv6 && mapped.via(0)?.sentBy.port == 19823)
    }
}
