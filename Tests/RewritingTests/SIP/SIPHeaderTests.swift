import Rewriting
import Testing
import WireFormats

/// What stands in the headers: translated on the way out, back on the way in, and else not touched.
@Suite struct SIPHeaderTests {
    private let bench = SIPBench()
    private let phone = SIPBench.phone
    private let server = SIPBench.server

    /// What arrives outside of what the phone sends.
    private func out(_ text: String) -> String {
        let arrivals = bench.send(text.crlf, from: phone, to: server)
        #expect(arrivals.count == 1 && arrivals[0].source == bench.translated(phone))
        return arrivals.first?.text ?? ""
    }

    /// What the phone gets of what comes from outside.
    private func `in`(_ text: String) -> String {
        let arrivals = bench.send(text.crlf, from: server, to: bench.translated(phone))
        #expect(arrivals.count == 1 && arrivals[0].source == server && arrivals[0].destination == phone)
        return arrivals.first?.text ?? ""
    }

    /// That a text leaves with one endpoint in the place of another, and comes back as it was.
    private func expectInverse(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let translated = bench.translated(phone)
        let outside = out(text)
        #expect(!outside.contains("192.168.1.10"), "\(outside)", sourceLocation: sourceLocation)
        #expect(outside.contains("\(translated)"), sourceLocation: sourceLocation)
        let arrivals = bench.send(outside, from: server, to: translated)
        #expect(arrivals.map(\.text) == [text.crlf], sourceLocation: sourceLocation)
    }

    private static let options = """
        OPTIONS sip:example.net SIP/2.0
        Via: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK1
        From: <sip:alice@192.168.1.10:5060>;tag=1
        To: <sip:example.net>
        Call-ID: 1@192.168.1.10
        CSeq: 1 OPTIONS
        Contact: <sip:alice@192.168.1.10:5060>
        Content-Length: 0


        """

    @Test func `every field that names an inside endpoint is translated, and comes back as it was`() {
        let text = """
            INVITE sip:alice@192.168.1.10:5060 SIP/2.0
            Via: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK1;maddr=192.168.1.10
            Via: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK2, SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK3
            Max-Forwards: 70
            Route: <sip:192.168.1.10:5060;lr>
            Record-Route: <sip:192.168.1.10:5060;lr;x=1>
            Path: <sip:p@192.168.1.10:5060;lr>
            Service-Route: <sip:192.168.1.10:5060;lr>
            From: "Alice, of <there>" <sip:alice@192.168.1.10:5060>;tag=1
            To: sip:bob@192.168.1.10:5060;tag=7
            Refer-To: <sip:carol@192.168.1.10:5060?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>
            Referred-By: <sip:dave@192.168.1.10:5060>
            P-Asserted-Identity: "A" <sip:alice@192.168.1.10:5060>, <tel:+123>
            P-Preferred-Identity: <sip:alice@192.168.1.10:5060>
            Call-ID: 1@host.example.com
            CSeq: 1 INVITE
            Contact: "Q,\\"x" <sip:alice@192.168.1.10:5060;ob>;+sip.instance="<urn:uuid:0>";q=1.0
            Content-Length: 0


            """
        expectInverse(text)
    }

    @Test func `2.13 item 15: compact names, folding and white space leave what they surround alone`() {
        let text = """
            OPTIONS sip:example.net SIP/2.0
            v  :  SIP  /  2.0  /  UDP
              192.168.1.10:5060 ; branch = z9hG4bK1
            f: "A" <sip:alice@192.168.1.10:5060>  ; tag=1
            T : <sip:example.net>
            i: 1
            cseq: 1
             OPTIONS
            M:
             <sip:alice@192.168.1.10:5060>,
             "B, C" <sip:bob@host.example.com> , <sip:carol@192.168.1.10:5060;x="y">
            r: <sip:x@192.168.1.10:5060>
            B: <sip:y@192.168.1.10:5060>
            UnKnown:   192.168.1.10:5060
            l: 0


            """
        let translated = bench.translated(phone)
        let outside = out(text)
        #expect(outside.contains("UnKnown:   192.168.1.10:5060"))
        #expect(outside.replacing("\(translated)", with: "192.168.1.10:5060") == text.crlf)
        #expect(bench.send(outside, from: server, to: translated).map(\.text) == [text.crlf])
    }

    @Test func `a phone that leaves its port out gets back what it has said`() {
        let text = Self.options.replacing("192.168.1.10:5060", with: "192.168.1.10")
            .replacing("1@192.168.1.10", with: "1@x")
        expectInverse(text)
        // In some places only.
        let mixed = text.replacing("UDP 192.168.1.10", with: "UDP 192.168.1.10:5060")
        expectInverse(mixed)
        expectInverse(text)
    }

    @Test func `2.13 item 2: Call-ID, User-Agent, Warning and all that is not an address in its place stay`() {
        let text = """
            MESSAGE sip:bob@example.net SIP/2.0
            Via: SIP/2.0/UDP 192.168.1.10:5060;branch=192.168.1.10:5060
            From: "192.168.1.10:5060" <sip:192.168.1.10@example.com>;tag=192.168.1.10
            To: <sip:bob@example.net>
            Call-ID: 192.168.1.10:5060@192.168.1.10
            CSeq: 1 MESSAGE
            User-Agent: phone 192.168.1.10:5060
            Warning: 370 192.168.1.10:5060 "x"
            Content-Type: text/plain
            Content-Length: 29

            I am at 192.168.1.10:5060 :-)
            """
        let translated = bench.translated(phone)
        let expected = text.crlf.replacing("UDP 192.168.1.10:5060", with: "UDP \(translated)")
        #expect(out(text) == expected)
    }

    @Test func `2.13 item 3: what names nothing that is translated passes byte for byte`() {
        let text = """
            FOO sip:bob@example.net;;x SIP/2.0
            Via: SIP/2.0/UDP phone.example.com;branch=z9hG4bK1
            From: <sip:alice@example.com>;;tag=1;
            To: <sip:bob@example.net>
            Call-ID: 1
            CSeq: 1 FOO
            Contact: <sip:alice@phone.example.com>, <tel:+1>, <mailto:a@192.168.1.10>, <sip:a@[2001:db8::1]:5060>
            Some-Thing


            """
        #expect(out(text) == text.crlf)
        #expect(`in`(text) == text.crlf)
        #expect(bench.count(.sipPassed) == 2 && bench.count(.sipEdited) == 0)
    }

    @Test func `2.13 item 4: a port above 65535 is no port, and stays`() {
        let text = Self.options.replacing("UDP 192.168.1.10:5060", with: "UDP 192.168.1.10:50600")
            .replacing("alice@192.168.1.10:5060>\nContent", with: "alice@192.168.1.10:99999>\nContent")
        let outside = out(text)
        #expect(outside.contains("Contact: <sip:alice@192.168.1.10:99999>"))
        for field in SIPText(outside).all("Via") {
            #expect(Int(field.split(separator: ";")[0].split(separator: ":")[1])! <= 65535)
        }
    }

    @Test(
        "2.13 items 5, 6: received and rport are what the phone would see without a gateway",
        arguments: [
            "192.168.1.10:5060", "192.168.1.10", "phone.example.com",
        ])
    func received(sentBy: String) {
        let translated = bench.translated(phone)
        let request = Self.options.replacing("UDP 192.168.1.10:5060", with: "UDP \(sentBy)")
            .replacing("bK1", with: "bK1;rport")
        let via = SIPText(out(request))["Via"]!
        #expect(via.contains(";rport") && !via.contains("192.168"))
        let response = """
            SIP/2.0 200 OK
            Via: \(via.replacing(";rport", with: ";rport=\(translated.port);received=\(translated.address)"))
            From: <sip:alice@\(translated)>;tag=1
            To: <sip:example.net>;tag=2
            Call-ID: 1
            CSeq: 1 OPTIONS


            """
        let back = SIPText(`in`(response))
        #expect(back["Via"] == "SIP/2.0/UDP \(sentBy);branch=z9hG4bK1;rport=5060;received=192.168.1.10")
        #expect(back["From"] == "<sip:alice@192.168.1.10:5060>;tag=1")
    }

    @Test func `2.13 item 17: credentials stay as they are, also where the Request-URI is translated`() {
        let translated = bench.translated(phone)
        let text = """
            OPTIONS sip:alice@\(translated) SIP/2.0
            Via: SIP/2.0/UDP 198.51.100.9:5060;branch=z9hG4bK1
            From: <sip:bob@example.net>;tag=1
            To: <sip:alice@\(translated)>
            Call-ID: 1
            CSeq: 1 OPTIONS
            Authorization: Digest username="bob", realm="r", nonce="n", uri="sip:alice@\(translated)", response="0"
            Proxy-Authorization: Digest username="bob", uri="sip:alice@\(translated)", qop=auth-int, response="0"
            Identity: "sig";info=<https://\(translated)/x.pem>


            """
        let back = SIPText(`in`(text))
        #expect(back.requestURI == "sip:alice@192.168.1.10:5060")
        for name in ["Authorization", "Proxy-Authorization", "Identity"] {
            #expect(back[name] == SIPText(text.crlf)[name])
        }
    }

    @Test func `2.13 item 14: names and other schemes among the contacts hide none that has to be translated`() {
        let text = Self.options.replacing(
            "Contact: <sip:alice@192.168.1.10:5060>",
            with: """
                Contact: <sip:alice@phone.example.com>, <tel:+1>, <sips:alice@192.168.1.10:5061>
                Contact: <sip:alice@192.168.1.10:5060>, <sip:alice@[2001:db8::1]>, *
                """)
        let translated = bench.translated(phone)
        let contacts = SIPText(out(text)).all("Contact")
        #expect(contacts[0] == "<sip:alice@phone.example.com>, <tel:+1>, <sips:alice@192.168.1.10:5061>")
        #expect(contacts[1] == "<sip:alice@\(translated)>, <sip:alice@[2001:db8::1]>, *")
    }

    @Test func `2.13 item 22: what is reached by TCP, TLS or WebSocket is not taken for UDP`() {
        for contact in [
            "<sip:alice@192.168.1.10:5060;transport=tcp>", "<sips:alice@192.168.1.10:5061>",
            "<sip:alice@192.168.1.10:5060;transport=ws>",
        ] {
            let text = Self.options.replacing("<sip:alice@192.168.1.10:5060>\nContent", with: "\(contact)\nContent")
            #expect(SIPText(out(text))["Contact"] == contact)
        }
        let udp = Self.options.replacing("10:5060>\nContent", with: "10:5060;Transport=UDP>\nContent")
        #expect(SIPText(out(udp))["Contact"] == "<sip:alice@\(bench.translated(phone));Transport=UDP>")
        #expect(bench.gateway.counts.bindings == 1)
    }

    @Test func `2.13 item 26: compact names`() {
        let text = Self.options.replacing("Via", with: "v").replacing("From", with: "f").replacing("To", with: "t")
            .replacing("Call-ID", with: "i").replacing("Contact:", with: "m:").replacing("Content-Length", with: "l")
            .replacing("@192.168.1.10\n", with: "@x\n")
        expectInverse(text)
    }

    @Test func `2.13 item 27: the route set leads back to the inside end`() {
        let translated = bench.translated(phone)
        // A proxy inside records itself, and is found again.
        let request = Self.options.replacing("Contact", with: "Record-Route: <sip:192.168.1.10;lr>\nContact")
        #expect(SIPText(out(request))["Record-Route"] == "<sip:\(translated);lr>")
        let back = Self.options.replacing("OPTIONS sip:example.net", with: "OPTIONS sip:alice@\(translated)")
            .replacing("192.168.1.10:5060", with: "198.51.100.9:5060")
            .replacing("Contact", with: "Route: <sip:\(translated);lr>, <sip:198.51.100.9;lr>\nContact")
        let arrived = SIPText(`in`(back))
        #expect(arrived["Route"] == "<sip:192.168.1.10;lr>, <sip:198.51.100.9;lr>")
        #expect(arrived.requestURI == "sip:alice@192.168.1.10:5060")
    }

    @Test func `2.13 item 28: IPv6 beside IPv4 is left alone`() {
        let text = Self.options.replacing(
            "Via:", with: "Via: SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bK0;received=2001:db8::8\nVia:")
        let outside = SIPText(out(text))
        #expect(outside.all("Via")[0] == "SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bK0;received=2001:db8::8")
        #expect(outside.all("Via")[1].hasPrefix("SIP/2.0/UDP \(bench.translated(phone))"))
    }

    @Test func `2.2 item 13: all fields that hold addresses of the path and of the parties`() {
        let fields = ["Route", "Record-Route", "Path", "Service-Route", "P-Asserted-Identity", "Refer-To"]
        for field in fields {
            let text = Self.options.replacing("Contact", with: "\(field): <sip:x@192.168.1.10:5060;lr>\nContact")
                .replacing("1@192.168.1.10", with: "1")
            #expect(SIPText(out(text))[field] == "<sip:x@\(bench.translated(phone));lr>")
            expectInverse(text)
        }
    }

    @Test func `2.2 item 15: a message that gets shorter and longer keeps its end, and says so`() {
        let text = Self.options.replacing("Content-Length: 0\n\n", with: "Content-Length: 4\n\nbody")
            .replacing("1@192.168.1.10", with: "1")
        let outside = SIPText(out(text))
        #expect(outside.body == "body" && outside.hasRightLength)
        let back = bench.send(outside.text, from: server, to: bench.translated(phone))
        #expect(back.first?.message.body == "body")
    }

    @Test func `octets behind the body stay there`() {
        let text = Self.options.replacing("1@192.168.1.10", with: "1") + "trailing\0\u{1}"
        #expect(out(text).hasSuffix("\r\n\r\ntrailing\0\u{1}"))
    }

    @Test func `several hosts inside keep their endpoints apart`() {
        let other = bench.translated(SIPBench.otherPhone)
        let own = bench.translated(phone)
        #expect(own != other && own.address == other.address)
        // What a phone says of another one that is known is translated too, and what it says of others opens nothing.
        let text = Self.options.replacing("Contact", with: "Refer-To: <sip:b@192.168.1.11:5060>\nContact")
        #expect(SIPText(out(text))["Refer-To"] == "<sip:b@\(other)>")
        let unknown = Self.options.replacing("Contact", with: "Refer-To: <sip:b@192.168.1.12:5060>\nContact")
        #expect(SIPText(out(unknown))["Refer-To"] == "<sip:b@192.168.1.12:5060>")
        #expect(bench.gateway.counts.bindings == 2 && bench.count(.sipHostsElsewhere) == 1)
    }

    @Test func `a phone that listens on another port than it sends from is reached there`() {
        let text = Self.options.replacing("192.168.1.10:5060", with: "192.168.1.10:5070")
        let outside = SIPText(out(text))
        let contact = Endpoint(outside["Contact"]!.dropFirst(11).dropLast())!
        #expect(contact.address == SIPBench.publicAddress && contact != bench.translated(phone))
        #expect(bench.ports.contains(contact.port))
        let arrivals = bench.send(
            Self.options.replacing("192.168.1.10:5060", with: "198.51.100.9:5060").crlf, from: server, to: contact)
        #expect(arrivals.first?.destination == Endpoint("192.168.1.10:5070")!)
    }

    @Test func `a message that names hundreds of ports of its sender opens few`() {
        let vias = (0..<150).map { "Via: SIP/2.0/UDP 192.168.1.10:\(6000 + $0);branch=z9hG4bK\($0)\n" }.joined()
        _ = out(Self.options.replacing("Via:", with: vias + "Via:"))
        #expect(bench.gateway.counts.bindings <= 17)
    }

    @Test func `a message with more to change than there is room for is dropped, and counted`() {
        let vias = (0..<180).map { "v: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK\($0);maddr=192.168.1.10\n" }
        let contact = Array(repeating: "<sip:a@192.168.1.10:5060>", count: 400).joined(separator: ",")
        let text = Self.options.replacing("Via:", with: vias.joined() + "m: \(contact)\nVia:")
        _ = bench.translated(phone)
        #expect(bench.send(text.crlf, from: phone, to: server).isEmpty)
        #expect(bench.count(.dropSIPTooLarge) == 1)
    }
}
