import Rewriting
import Testing
import WireFormats

/// Phones that speak SIP by UDP and by TCP: what each may name of the other transport, and of other phones.
@Suite struct SIPTransportsTests {
    private let phone = Endpoint("10.0.0.5:5060")!
    private let other = Endpoint("10.0.0.6:5060")!
    private let server = Endpoint("198.51.100.9:5060")!
    private let stranger = Endpoint("198.51.100.77:34567")!
    private let bench = Bench.openSIP(bindings: 8)

    private func register(_ contact: String, by transport: String, from: Endpoint, expires: Int = 600) -> String {
        sip(
            "REGISTER sip:198.51.100.9 SIP/2.0",
            [
                "Via: SIP/2.0/\(transport) \(from);branch=z9hG4bK1", "From: <sip:alice@198.51.100.9>;tag=1",
                "To: <sip:alice@198.51.100.9>", "Call-ID: register", "CSeq: 1 REGISTER",
                "Contact: <sip:alice@\(contact)>;expires=\(expires)",
            ])
    }

    /// What the registrar answers, who has got it as `text`.
    private func registered(_ text: String) -> String {
        let request = SIPText(text)
        return sip(
            "SIP/2.0 200 OK",
            ["Via", "From", "To", "Call-ID", "CSeq", "Contact"].map { "\($0): \(request[$0]!)" })
    }

    /// A request that names an endpoint wherever one can be, and a transport behind it.
    private func request(_ target: String, by transport: String, from: Endpoint) -> String {
        sip(
            "REFER sip:bob@\(target) SIP/2.0",
            [
                "Via: SIP/2.0/\(transport) \(from);branch=z9hG4bK7", "Route: <sip:\(target);lr>",
                "From: <sip:carol@example.com>;tag=3", "To: <sip:bob@\(target)>", "Call-ID: refer", "CSeq: 7 REFER",
                "Contact: <sip:carol@198.51.100.77>",
                "Refer-To: <sip:bob@\(target)?Replaces=1%3Bto-tag%3D2%3Bfrom-tag%3D3>",
                "Referred-By: <sip:bob@\(target)>",
            ])
    }

    /// The endpoint that stands in the first Contact of a message, and what is behind it.
    private func contact(_ text: String) -> Endpoint? {
        let value = SIPText(text)["Contact"] ?? ""
        return Endpoint(value.drop { $0 != "@" }.dropFirst().prefix { $0 != ";" && $0 != ">" })
    }

    private func options(_ target: Endpoint) -> String {
        sip(
            "OPTIONS sip:alice@\(target) SIP/2.0",
            [
                "Via: SIP/2.0/UDP \(stranger);branch=z9hG4bK4", "From: <sip:x@example.org>;tag=1",
                "To: <sip:alice@example.org>", "Call-ID: x", "CSeq: 1 OPTIONS",
            ])
    }

    /// Registers by datagrams, with a contact; what the contact has become.
    private func registerByDatagrams(_ contact: String, from: Endpoint) throws -> Endpoint {
        let sent = try #require(
            bench.datagram(register(contact, by: "UDP", from: from), from: from, to: server).first)
        let answers = bench.datagram(registered(sent.text), from: server, to: sent.source)
        #expect(answers.first?.message["Contact"] == "<sip:alice@\(contact)>;expires=600")
        return try #require(self.contact(sent.text))
    }

    // MARK: Contacts of the other transport

    @Test func `a contact for UDP that is registered by TCP is reached by UDP, also without the connection`() throws {
        bench.say(.inside, register("\(phone);transport=udp", by: "TCP", from: bench.client.endpoint))
        let translated = try #require(contact(bench.server.text))
        #expect(translated != bench.translated && bench.server.text.contains("@\(translated);transport=udp>"))
        bench.say(.outside, registered(bench.server.text))
        #expect(SIPText(bench.client.text)["Contact"] == "<sip:alice@\(phone);transport=udp>;expires=600")
        #expect(bench.count(.registrationsOpened) == 1)
        bench.send(bench.segment(.inside, flags: .rst))
        bench.wait(500)
        let arrivals = bench.datagram(options(translated), from: stranger, to: translated)
        #expect(arrivals.map(\.destination) == [phone] && arrivals[0].text.hasPrefix("OPTIONS sip:alice@\(phone) "))
        #expect(bench.count(.registrationsEnded) == 0)
        bench.wait(500)
        #expect(bench.count(.registrationsEnded) == 1 && bench.gateway.sip.counts.bindings == 0)
        #expect(bench.datagram(options(translated), from: stranger, to: translated).isEmpty)
    }

    @Test func `a contact for TCP that is registered by UDP is reached by whoever connects, and called`() throws {
        let listens = Endpoint("10.0.0.5:5070")!
        let translated = try registerByDatagrams("\(listens);transport=tcp", from: phone)
        #expect(bench.listening.contains(translated.port) && translated != bench.translated)
        #expect(bench.datagram(options(translated), from: stranger, to: translated).isEmpty, "nobody listens by UDP")
        bench.translated = translated
        #expect(bench.connect(from: stranger, to: listens).map(\.destination) == [listens])
        bench.say(.outside, request("\(translated);transport=tcp", by: "TCP", from: stranger))
        #expect(bench.client.text == request("\(listens);transport=tcp", by: "TCP", from: stranger))
        bench.say(
            .inside,
            sip(
                "SIP/2.0 202 Accepted",
                [
                    "Via: SIP/2.0/TCP \(stranger);branch=z9hG4bK7", "From: <sip:carol@example.com>;tag=3",
                    "To: <sip:bob@\(listens)>;tag=9", "Call-ID: refer", "CSeq: 7 REFER",
                    "Contact: <sip:alice@\(listens);transport=tcp>",
                ]))
        #expect(bench.server.text.contains("Contact: <sip:alice@\(translated);transport=tcp>"))
        #expect(bench.count(.conversationsOpened) == 2)
    }

    @Test func `nobody connects to such a contact before the registrar has confirmed it, or when it has ended`() throws
    {
        let text = register("\(phone);transport=tcp", by: "UDP", from: phone)
        let sent = try #require(bench.datagram(text, from: phone, to: server).first)
        let translated = try #require(contact(sent.text))
        bench.translated = translated
        #expect(bench.connect(from: stranger, to: phone).isEmpty && bench.count(.dropUnknown) == 1)
        _ = bench.datagram(registered(sent.text), from: server, to: sent.source)
        #expect(bench.connect(from: stranger, to: phone).count == 1)
        bench.send(bench.segment(.outside, flags: TCPFlags.rst.with(.ack)))
        bench.wait(1000)
        #expect(!bench.listening.contains(translated.port) && bench.accepted.isEmpty)
        #expect(bench.connect(from: stranger, to: phone).isEmpty)
    }

    @Test func `a phone names a contact for TCP again, and it is the same; nobody names another's`() throws {
        let first = try registerByDatagrams("\(phone);transport=tcp", from: phone)
        #expect(try registerByDatagrams("\(phone);transport=tcp", from: phone) == first)
        #expect(bench.count(.registrationsOpened) == 1)
        let text = register("10.0.0.7:5060;transport=tcp", by: "UDP", from: phone)
        #expect(bench.datagram(text, from: phone, to: server).first?.text.contains("@10.0.0.7:5060;") == true)
        let well = register("10.0.0.5:25;transport=tcp", by: "UDP", from: phone)
        #expect(bench.datagram(well, from: phone, to: server).first?.text.contains("@10.0.0.5:25;") == true)
    }

    // MARK: Other phones

    /// That a request with `outside` in it comes to the phone at TCP's end with `inside`, and goes out as it has come in.
    private func expectInverse(_ outside: String, _ inside: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let own = bench.client.endpoint
        (bench.client.read, bench.server.read) = ([], [])
        bench.say(.outside, request(outside, by: "TCP", from: server))
        #expect(bench.client.text == request(inside, by: "TCP", from: server), sourceLocation: sourceLocation)
        bench.say(.inside, request(inside, by: "TCP", from: own))
        #expect(
            bench.server.text == request(outside, by: "TCP", from: bench.translated), sourceLocation: sourceLocation)
    }

    @Test func `over TCP a phone by UDP goes by its inside endpoint, whether the URI says so or not`() throws {
        let translated = try registerByDatagrams("\(other)", from: other)
        expectInverse("\(translated)", "\(other)")
        expectInverse("\(translated);transport=udp", "\(other);transport=udp")
        // No TCP leads there.
        expectInverse("\(translated);transport=tcp", "\(translated);transport=tcp")
        expectInverse("\(translated);transport=tls", "\(translated);transport=tls")
    }

    @Test func `over TCP the connection of another phone goes by what that has named its contact`() throws {
        let (first, own) = ((bench.client, bench.server), bench.translated)
        bench.openAnother(from: Endpoint("10.0.0.6:40001")!)
        let listens = "10.0.0.6:5062"
        let translated = bench.translated
        bench.say(.inside, register("\(listens);transport=tcp", by: "TCP", from: bench.client.endpoint))
        ((bench.client, bench.server), bench.translated) = (first, own)
        expectInverse("\(translated);transport=tcp", "\(listens);transport=tcp")
        expectInverse("\(translated)", listens)
        // Of two ways to one phone by TCP, the one that is meant on the way out.
        let byUDP = try registerByDatagrams(listens, from: Endpoint(listens)!)
        expectInverse("\(translated)", listens)
        expectInverse("\(byUDP)", "\(byUDP)")
        expectInverse("\(byUDP);transport=udp", "\(listens);transport=udp")
        // And in datagrams.
        let sent = try #require(
            bench.datagram(request("\(listens);transport=TCP", by: "UDP", from: phone), from: phone, to: server).first)
        #expect(sent.text == request("\(translated);transport=TCP", by: "UDP", from: sent.source))
    }

    @Test func `of two connections with one contact the later one is meant, and what has ended stays as it is`() {
        let (first, own) = ((bench.client, bench.server), bench.translated)
        let contact = "10.0.0.6:5062;transport=tcp"
        var (ends, translated): ([Bench.End], [Endpoint]) = ([], [])
        for port: UInt16 in [40001, 40002] {
            bench.openAnother(from: Endpoint(other.address, port))
            bench.say(.inside, register(contact, by: "TCP", from: bench.client.endpoint))
            ends += [bench.client, bench.server]
            translated.append(bench.translated)
        }
        ((bench.client, bench.server), bench.translated) = (first, own)
        expectInverse("\(translated[0]);transport=tcp", "\(translated[0]);transport=tcp")
        expectInverse("\(translated[1]);transport=tcp", contact)
        let now = (bench.client, bench.server)
        (bench.client, bench.server, bench.translated) = (ends[2], ends[3], translated[1])
        bench.send(bench.segment(.inside, flags: .rst))
        ((bench.client, bench.server), bench.translated) = (now, own)
        expectInverse("\(translated[1]);transport=tcp", "\(translated[1]);transport=tcp")
    }

    @Test func `over TCP the media of another phone are told where they are inside, and turn back if that is wanted`() {
        for (setting, isDirect) in [(SIPSettings.LocalMedia.direct, true), (.hairpin, false)] {
            var settings = SIPSettings()
            settings.localMedia = setting
            let bench = Bench.openSIP(settings: settings)
            let dialog = [
                "Via: SIP/2.0/UDP \(other);branch=z9hG4bK2", "From: <sip:bob@example.com>;tag=1",
                "To: <sip:alice@example.com>", "CSeq: 1 INVITE", "Content-Type: application/sdp",
            ]
            func invite(_ number: Int, _ endpoint: Endpoint) -> String {
                sip(
                    "INVITE sip:alice@example.com SIP/2.0", dialog + ["Call-ID: \(number)"],
                    body:
                        "v=0\r\no=- 1 1 IN IP4 \(endpoint.address)\r\ns=-\r\nc=IN IP4 \(endpoint.address)\r\nt=0 0\r\n"
                        + "m=audio \(endpoint.port) RTP/AVP 0\r\n")
            }
            let media = Endpoint("10.0.0.6:20000")!
            let sent = bench.datagram(invite(1, media), from: other, to: server)
            let port = sent[0].text.split(separator: "m=audio ")[1].prefix { $0 != " " }
            let translated = Endpoint(Bench.publicAddress, UInt16(port)!)
            bench.say(.outside, invite(2, translated))
            let wanted = isDirect ? media : translated
            #expect(bench.client.text.contains("c=IN IP4 \(wanted.address)\r\n"))
            #expect(bench.client.text.contains("m=audio \(wanted.port) RTP"))
        }
    }
}
