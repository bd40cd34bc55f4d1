import Rewriting
import Testing
import WireFormats

/// SIP over a TCP connection that an outside end opens to what a phone has said is its contact.
@Suite struct SIPAcceptedConnectionTests {
    private let stranger = Endpoint("198.51.100.77:34567")!
    private let contact = Endpoint("10.0.0.5:5062")!

    private func register(expires: Int = 600) -> String {
        sip(
            "REGISTER sip:198.51.100.9;transport=tcp SIP/2.0",
            [
                "Via: SIP/2.0/TCP 10.0.0.5:40001;branch=z9hG4bK1", "From: <sip:alice@198.51.100.9>;tag=1",
                "To: <sip:alice@198.51.100.9>", "Call-ID: register", "CSeq: 1 REGISTER",
                "Contact: <sip:alice@10.0.0.5:5062;transport=tcp>;expires=\(expires)",
            ])
    }

    private func registered(_ own: Endpoint) -> String {
        sip(
            "SIP/2.0 200 OK",
            [
                "Via: SIP/2.0/TCP \(own);branch=z9hG4bK1", "From: <sip:alice@198.51.100.9>;tag=1",
                "To: <sip:alice@198.51.100.9>;tag=2", "Call-ID: register", "CSeq: 1 REGISTER",
                "Contact: <sip:alice@\(own);transport=tcp>;expires=600",
            ])
    }

    /// A bench whose phone is registered.
    private func bench() -> Bench {
        let bench = Bench.openSIP()
        bench.say(.inside, register())
        bench.say(.outside, registered(bench.translated))
        return bench
    }

    private func description(_ address: String, _ port: Int) -> String {
        "v=0\r\no=- 1 1 IN IP4 \(address)\r\ns=-\r\nc=IN IP4 \(address)\r\nt=0 0\r\nm=audio \(port) RTP/AVP 0\r\n"
    }

    private func message(_ line: String, _ method: String, contact: String, body: String) -> String {
        sip(
            line,
            [
                "Via: SIP/2.0/TCP \(stranger);branch=z9hG4bK2", "From: <sip:bob@198.51.100.77>;tag=1",
                "To: <sip:alice@198.51.100.9>", "Call-ID: call", "CSeq: 1 \(method)", "Contact: <\(contact)>",
                "Content-Type: application/sdp",
            ], body: body)
    }

    @Test func `whoever connects to the contact of a registered phone reaches it where it listens, and calls it`() {
        let bench = bench()
        let own = bench.translated
        #expect(bench.listening == [own.port])
        let syn = bench.connect(from: stranger, to: contact)
        #expect(syn.map(\.source) == [stranger] && syn.map(\.destination) == [contact])
        #expect(bench.accepted == ["\(contact) \(stranger)"] && bench.gateway.conversationCount == 2)
        let bob = "sip:bob@198.51.100.77:5060;transport=tcp"
        bench.say(
            .outside,
            message(
                "INVITE sip:alice@\(own);transport=tcp SIP/2.0", "INVITE", contact: bob,
                body: description("198.51.100.77", 30000)))
        #expect(bench.client.text.hasPrefix("INVITE sip:alice@10.0.0.5:5062;transport=tcp SIP/2.0\r\n"))
        bench.say(
            .inside,
            message(
                "SIP/2.0 200 OK", "INVITE", contact: "sip:alice@10.0.0.5:5062;transport=tcp",
                body: description("10.0.0.5", 20000)))
        #expect(bench.server.text.contains("Contact: <sip:alice@\(own);transport=tcp>"))
        #expect(bench.server.text.contains("c=IN IP4 \(own.address)\r\n") && bench.media.count == 2)
        #expect(bench.count(.callsConfirmed) == 1)
    }

    @Test func `a connection to a public port that stands for no contact is refused`() {
        let bench = Bench.openSIP()
        #expect(bench.connect(from: stranger, to: contact).isEmpty)
        #expect(bench.count(.dropUnknown) >= 1 && bench.gateway.conversationCount == 1 && bench.accepted.isEmpty)
        var other = bench.segment(.outside, flags: .syn)
        other.destination.port ^= 1
        bench.send(other)
        guard case .foreign = bench.verdict else {
            Issue.record("a port that is nobody's is the gateway's")
            return
        }
    }

    @Test func `the phone's own connection goes on beside it, and each ends by itself`() {
        let bench = bench()
        let (phone, server) = (bench.client, bench.server)
        _ = bench.connect(from: stranger, to: contact)
        let (listener, caller) = (bench.client, bench.server)
        (bench.client, bench.server) = (phone, server)
        bench.say(.inside, register())
        #expect(bench.server.text.contains("REGISTER") && bench.count(.sipStreamsUnread) == 0)
        (bench.client, bench.server) = (listener, caller)
        bench.send(bench.segment(.outside, flags: TCPFlags.rst.with(.ack)))
        bench.wait(250)
        #expect(bench.accepted.isEmpty && bench.gateway.conversationCount == 1)
        #expect(bench.listening == [bench.translated.port] && bench.count(.registrationsEnded) == 0)
        #expect(bench.gateway.sip.counts.bindings == 1)
    }

    @Test func `it goes on after the connection that its contact was registered by`() {
        let bench = bench()
        let (phone, server, free) = (bench.client, bench.server, bench.gateway.freePorts)
        _ = bench.connect(from: stranger, to: contact)
        let (listener, caller) = (bench.client, bench.server)
        (bench.client, bench.server) = (phone, server)
        bench.send(bench.segment(.inside, flags: .rst))
        (bench.client, bench.server) = (listener, caller)
        bench.wait(250)
        #expect(bench.gateway.freePorts == free + 1 && bench.listening.isEmpty && bench.accepted.count == 1)
        bench.say(.outside, "\r\n\r\n")
        #expect(bench.client.text == "\r\n\r\n")
        bench.say(.inside, "\r\n")
        #expect(bench.server.text == "\r\n")
        // A second one finds nobody.
        _ = bench.connect(from: Endpoint("198.51.100.77:34568")!, to: contact)
        #expect(bench.gateway.conversationCount == 1)
    }

    @Test func `strangers have a quarter of the table`() {
        let bench = bench()
        _ = bench.connect(from: stranger, to: contact)
        let sent = bench.connect(from: Endpoint("198.51.100.77:34568")!, to: contact)
        #expect(sent.isEmpty && bench.count(.dropTableFull) == 1 && bench.gateway.conversationCount == 2)
    }

    @Test func `an ICMP error about it goes to the end that sent the packet`() {
        let bench = bench()
        _ = bench.connect(from: stranger, to: contact)
        bench.acknowledges = false
        let sent = bench.say(.inside, "\r\n").notTo(bench.client)
        let error = ErrorTests.error(about: sent[0].frame, from: IPv4Address(192, 0, 2, 1), mtu: 600)
        _ = bench.receive(error, from: .outside)
        guard case .error(let error) = bench.verdict else {
            Issue.record("the error is nobody's")
            return
        }
        #expect(error.destination == contact.address)
    }
}

extension Bench {
    /// The three segments by which an outside end opens a connection to an inside one; what came of the first.
    func connect(from outside: Endpoint, to inside: Endpoint) -> [Segment] {
        client = End(endpoint: inside, next: 7_000)
        server = End(endpoint: outside, next: 9_000)
        let sent = send(segment(.outside, flags: .syn))
        server.next &+= 1
        client.expected = server.next
        guard !sent.isEmpty else { return [] }
        send(segment(.inside, flags: TCPFlags.syn.with(.ack)))
        client.next &+= 1
        server.expected = client.next
        send(segment(.outside))
        return sent
    }
}
