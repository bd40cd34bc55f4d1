import Rewriting
import Testing
import WireFormats

/// Media over TCP (RFC 4145), and m= lines of several ports (RFC 8866 section 5.14).
@Suite struct SIPStreamTests {
    private let bench = SIPBench()

    /// A description with one media over TCP.
    private func stream(
        _ address: String, _ port: Int, _ attributes: String..., protocol name: String = "TCP/MSRP",
        type: String = "message"
    ) -> String {
        let head = sdp(address, 0).split(separator: "m=audio")[0]
        return head + "m=\(type) \(port) \(name) *\r\n" + attributes.map { $0 + "\r\n" }.joined()
    }

    private func path(_ endpoint: String) -> String { "a=path:msrp://\(endpoint)/s8a7;tcp" }

    /// A call in which the phone waits for connections, and the public endpoint of that; it rings only, without an answer.
    private func waiting(_ call: SIPDialogue, _ attributes: String...) -> Endpoint {
        let body = stream("192.168.1.10", 7394, "a=setup:passive") + attributes.map { $0 + "\r\n" }.joined()
        let offer = call.ask("INVITE", from: .inside, body: body)!
        return Endpoint(SIPBench.publicAddress, offer.port()!)
    }

    private func answer(_ call: SIPDialogue, _ body: String) {
        call.answer(200, to: "INVITE", from: .outside, body: body)
        call.ask("ACK", from: .inside)
    }

    @Test("A phone that may wait is announced at a public port, in a=path, too", arguments: ["passive", "actpass"])
    func announcement(setup: String) {
        let call = SIPDialogue(bench)
        let text = stream(
            "192.168.1.10", 7394, "a=setup:\(setup)", "a=connection:new", "a=fingerprint:sha-256 AA:BB",
            "a=path:msrps://relay.example.net:9000/x;tcp msrp://192.168.1.10:7394/s8a7;tcp msrp://192.168.1.10/y;tcp",
            "a=x:192.168.1.10:7394")
        let arrived = call.ask("INVITE", from: .inside, body: text)!
        let port = arrived.port()!
        #expect(port % 2 == 0 && port >= 40876 && bench.listening == [port])
        let expected = text.replacing("IP4 192.168.1.10", with: "IP4 203.0.113.7")
            .replacing("m=message 7394", with: "m=message \(port)")
            .replacing("//192.168.1.10:7394/", with: "//203.0.113.7:\(port)/")
        #expect(arrived.body == expected)
    }

    @Test("RFC 4975 section 15.4: a URI of MSRP without a port means 2855")
    func defaultPort() {
        let call = SIPDialogue(bench)
        let text = stream("192.168.1.10", 2855, "a=setup:passive", "a=path:msrp://192.168.1.10/s;tcp")
        let arrived = call.ask("INVITE", from: .inside, body: text)!
        #expect(arrived.line("a=path") == "a=path:msrp://203.0.113.7:\(arrived.port()!)/s;tcp")
    }

    @Test("RFC 6714: where c= and m= lead the connection, a=path only names the session, and stays")
    func anchored() {
        let call = SIPDialogue(bench)
        let text = stream("192.168.1.10", 7394, "a=setup:passive", path("192.168.1.10:7394"), "a=msrp-cema")
        let arrived = call.ask("INVITE", from: .inside, body: text)!
        #expect(arrived.port()! >= 40000 && arrived.line("a=path") == path("192.168.1.10:7394"))
    }

    @Test(
        "A phone that connects itself only shows the public address: nothing waits, and a=path stays what it compares",
        arguments: ["a=setup:active", "a=setup:holdconn", "a=x"], [9, 7394])
    func active(attribute: String, port: Int) {
        let call = SIPDialogue(bench)
        let free = bench.gateway.freeMediaPorts
        let text = stream("192.168.1.10", port, attribute, path("192.168.1.10:\(port)"))
        let arrived = call.ask("INVITE", from: .inside, body: text)!
        #expect(arrived.body == text.replacing("IP4 192.168.1.10", with: "IP4 203.0.113.7"))
        answer(call, stream("198.51.100.9", 2855, "a=setup:passive", path("198.51.100.9:2855")))
        #expect(bench.listening.isEmpty && bench.flows.isEmpty && bench.gateway.freeMediaPorts == free)
    }

    @Test("RFC 4145 section 4: in an answer that does not say so, the phone waits")
    func answerer() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .outside, body: stream("198.51.100.9", 2855, path("198.51.100.9:2855")))
        let arrived = call.answer(
            200, to: "INVITE", from: .inside, body: stream("192.168.1.10", 7394, path("192.168.1.10:7394")))!
        call.ask("ACK", from: .outside)
        let translated = Endpoint(SIPBench.publicAddress, arrived.port()!)
        #expect(arrived.line("a=path") == path("\(translated)"))
        #expect(bench.connect(from: "198.51.100.9:51515", to: translated))
        #expect(bench.pairs(of: .tcp) == ["192.168.1.10:7394 198.51.100.9:51515"])
    }

    @Test
    func `a connection from any port of the announced host gets flows once it is announced, and from nobody else`() {
        let call = SIPDialogue(bench)
        let translated = waiting(call)
        #expect(!bench.connect(from: "198.51.100.9:51515", to: translated))
        answer(call, stream("198.51.100.44", 9, "a=setup:active"))
        #expect(!bench.connect(from: "198.51.100.9:51515", to: translated))
        #expect(!bench.connect(from: "198.51.100.44:51515", to: translated, flags: 0x12))
        #expect(!bench.connect(from: "198.51.100.44:51515", to: Endpoint(translated.address, translated.port + 1)))
        #expect(bench.connect(from: "198.51.100.44:51515", to: translated))
        #expect(bench.pairs(of: .tcp) == ["192.168.1.10:7394 198.51.100.44:51515"] && bench.pairs.isEmpty)
        let leg = bench.flows.values.first!
        #expect(leg.translated == translated && leg.clockRate == 0)
        // The same one again, whose SYN was on its way when the flows were opened.
        #expect(bench.connect(from: "198.51.100.44:51515", to: translated) && bench.flows.count == 1)
    }

    @Test("A far end that waits itself does not connect", arguments: ["passive", "holdconn"])
    func bothWait(setup: String) {
        let call = SIPDialogue(bench)
        let translated = waiting(call)
        answer(call, stream("198.51.100.9", 9, "a=setup:\(setup)"))
        #expect(!bench.connect(from: "198.51.100.9:51515", to: translated))
    }

    @Test func `a far end behind a NAT of its own connects from where its answer came from (RFC 7362)`() {
        let call = SIPDialogue(bench)
        let translated = waiting(call)
        answer(call, stream("10.0.0.5", 9, "a=setup:active"))
        #expect(!bench.connect(from: "198.51.100.10:51515", to: translated))
        #expect(bench.connect(from: "198.51.100.9:51515", to: translated) && bench.expected.isEmpty)
        bench.talks = true
        bench.wait(60)
        #expect(bench.flows.count == 1)
    }

    @Test func `connections are few at a time, those that have ended make room, and all close with the call`() {
        let free = bench.gateway.freeMediaPorts
        let call = SIPDialogue(bench)
        let translated = waiting(call)
        answer(call, stream("198.51.100.9", 9, "a=setup:active"))
        for port in 50000..<50004 { #expect(bench.connect(from: "198.51.100.9:\(port)", to: translated)) }
        #expect(!bench.connect(from: "198.51.100.9:50004", to: translated))
        for (slot, leg) in bench.flows where leg.outside.port < 50002 { bench.ended(slot, leg) }
        bench.wait(21)
        #expect(bench.flows.count == 2 && bench.connect(from: "198.51.100.9:50004", to: translated))
        call.hangUp(from: .outside)
        #expect(bench.flows.isEmpty && bench.listening.isEmpty)
        bench.wait(40)
        bench.expectNothingLeft(ports: free)
    }

    @Test("Flows close within a second of a BYE that nobody answers")
    func lostAnswer() {
        let call = SIPDialogue(bench)
        let translated = waiting(call)
        answer(call, stream("198.51.100.9", 9, "a=setup:active"))
        bench.connect(from: "198.51.100.9:50000", to: translated)
        call.ask("BYE", from: .inside)
        bench.wait(1)
        #expect(bench.flows.isEmpty && bench.listening.isEmpty)
    }

    @Test func `a connection may be silent for longer than sound may (RFC 5382 REQ-5)`() {
        let call = SIPDialogue(bench)
        let translated = waiting(call)
        answer(call, stream("198.51.100.9", 9, "a=setup:active"))
        bench.connect(from: "198.51.100.9:50000", to: translated)
        bench.wait(3 * 3600)
        #expect(bench.flows.count == 1 && bench.count(.callsLost) == 0)
        bench.wait(22 * 3600)
        #expect(bench.flows.isEmpty && bench.count(.callsLost) == 1)
    }

    @Test func `a re-INVITE keeps the connection, and one to another host closes it`() {
        let call = SIPDialogue(bench)
        let offer = stream("192.168.1.10", 7394, "a=setup:passive")
        let translated = waiting(call)
        answer(call, stream("198.51.100.9", 9, "a=setup:active"))
        bench.connect(from: "198.51.100.9:50000", to: translated)
        call.reinvite(
            from: .inside, offer: offer.replacing("passive", with: "actpass"),
            answer: stream("198.51.100.9", 9, "a=setup:active", "a=connection:existing"))
        bench.wait(40)
        #expect(bench.flows.count == 1 && bench.listening == [translated.port])
        call.reinvite(from: .inside, offer: offer, answer: stream("198.51.100.77", 9, "a=setup:active"))
        #expect(bench.connect(from: "198.51.100.77:50000", to: translated))
        bench.wait(40)
        #expect(bench.pairs(of: .tcp) == ["192.168.1.10:7394 198.51.100.77:50000"])
        // And port 0 ends the media.
        call.reinvite(from: .inside, offer: stream("192.168.1.10", 0), answer: stream("198.51.100.77", 0))
        bench.wait(40)
        #expect(bench.flows.isEmpty && bench.listening.isEmpty)
    }

    @Test("RFC 4571: RTP over TCP has a connection for RTCP, at the next port")
    func control() {
        let call = SIPDialogue(bench)
        func body(_ address: String, _ port: Int, _ setup: String) -> String {
            stream(address, port, "a=setup:\(setup)", protocol: "TCP/RTP/AVP", type: "audio")
        }
        let arrived = call.ask("INVITE", from: .inside, body: body("192.168.1.10", 30000, "passive"))!
        let port = arrived.port()!
        #expect(bench.listening == [port, port + 1])
        answer(call, body("198.51.100.9", 9, "active"))
        for port in [port, port + 1] {
            #expect(bench.connect(from: "198.51.100.9:50000", to: Endpoint(SIPBench.publicAddress, port)))
        }
        #expect(
            bench.pairs(of: .tcp) == ["192.168.1.10:30000 198.51.100.9:50000", "192.168.1.10:30001 198.51.100.9:50000"])
        #expect(Set(bench.flows.values.map(\.isControl)) == [false, true])
    }

    @Test func `UDP and TCP at the same port of a phone have ports of their own`() {
        let call = SIPDialogue(bench)
        let body = sdp("192.168.1.10", 7394) + "m=message 7394 TCP/MSRP *\r\na=setup:passive\r\n"
        let arrived = call.ask("INVITE", from: .inside, body: body)!
        #expect(arrived.port(0) != arrived.port(1) && bench.listening == [arrived.port(1)!])
        answer(call, sdp("198.51.100.9", 20000) + "m=message 9 TCP/MSRP *\r\na=setup:active\r\n")
        #expect(bench.flows.count == 2)
        #expect(bench.connect(from: "198.51.100.9:1", to: Endpoint(SIPBench.publicAddress, arrived.port(1)!)))
        #expect(!bench.connect(from: "198.51.100.9:1", to: Endpoint(SIPBench.publicAddress, arrived.port(0)!)))
    }

    @Test(
        "Two phones of this site are told each other's own endpoints, whatever is said of sound",
        arguments: [SIPSettings.LocalMedia.direct, .hairpin])
    func local(localMedia: SIPSettings.LocalMedia) {
        var settings = SIPSettings()
        settings.localMedia = localMedia
        let bench = SIPBench(settings: settings)
        let first = SIPDialogue(bench, callID: "a")
        let second = SIPDialogue(bench, callID: "b", inside: SIPBench.otherPhone)
        let own = stream("192.168.1.10", 7394, "a=setup:actpass", path("192.168.1.10:7394"))
        let offer = first.ask("INVITE", from: .inside, body: own)!
        let offered = second.ask("INVITE", from: .outside, body: offer.body)!
        #expect(
            offered.lines("m=") + offered.lines("a=") == SIPText("\r\n\r\n" + own).lines("m=") + offer.lines("a=setup")
                + [path("192.168.1.10:7394")])
        let answer = second.answer(
            200, to: "INVITE", from: .inside,
            body: stream("192.168.1.11", 7400, "a=setup:passive", path("192.168.1.11:7400")))!
        let answered = first.answer(200, to: "INVITE", from: .outside, body: answer.body)!
        #expect(answered.line("c=") == "c=IN IP4 192.168.1.11" && answered.port() == 7400)
        #expect(answered.line("a=path") == path("192.168.1.11:7400") && bench.flows.isEmpty)
    }

    @Test func `ports run out: the call is refused, and nothing is left of it`() {
        let bench = SIPBench(ports: 40000...40063)
        let free = bench.gateway.freeMediaPorts
        for number in 0..<4 {
            let arrived = SIPDialogue(bench, callID: "\(number)").ask(
                "INVITE", from: .inside, body: stream("192.168.1.10", 7394, "a=setup:passive"))
            #expect(arrived != nil)
        }
        let call = SIPDialogue(bench, callID: "last")
        #expect(call.ask("INVITE", from: .inside, body: stream("192.168.1.10", 7394, "a=setup:passive")) == nil)
        #expect(bench.count(.mediaFull) == 1)
        // Sound has ports still.
        #expect(
            SIPDialogue(bench, callID: "sound").ask("INVITE", from: .inside, body: sdp("192.168.1.10", 30000)) != nil)
        bench.wait(600)
        bench.expectNothingLeft(ports: free)
    }

    // MARK: Several ports

    private func video(_ address: String, _ ports: String) -> String {
        sdp(address, 0).split(separator: "m=audio")[0] + "m=video \(ports) RTP/AVP 31\r\n"
    }

    private func expected(_ pairs: Range<Int>) -> Set<String> {
        Set(
            pairs.flatMap { pair in
                (0..<2).map { "192.168.1.10:\(30000 + 2 * pair + $0) 198.51.100.9:\(20000 + 2 * pair + $0)" }
            })
    }

    @Test("m= with a count of ports: as many pairs that follow each other, and flows for those that both sides have")
    func count() {
        let free = bench.gateway.freeMediaPorts
        let call = SIPDialogue(bench)
        let arrived = call.ask("INVITE", from: .inside, body: video("192.168.1.10", "30000/3"))!
        let line = arrived.line("m=")!
        #expect(line.hasSuffix("/3 RTP/AVP 31"))
        let port = UInt16(line.dropFirst("m=video ".count).prefix { $0 != "/" })!
        #expect(port % 2 == 0 && bench.gateway.freeMediaPorts == free - 3)
        for pair in 0..<6 as Range<UInt16> {
            let inside = bench.gateway.media(at: Endpoint(SIPBench.publicAddress, port + pair))
            #expect(inside == Endpoint("192.168.1.10:\(30000 + pair)"))
        }
        call.repeatLast()
        answer(call, video("198.51.100.9", "20000/2"))
        #expect(bench.pairs == expected(0..<2))
        call.reinvite(from: .outside, offer: video("198.51.100.9", "20000/3"), answer: video("192.168.1.10", "30000/3"))
        #expect(bench.pairs == expected(0..<3) && Set(bench.flows.values.map(\.line)) == [0])
        call.hangUp(from: .inside)
        bench.wait(40)
        bench.expectNothingLeft(ports: free)
    }

    @Test func `at most eight pairs are announced, and fewer where no more follow each other`() {
        let call = SIPDialogue(bench)
        let arrived = call.ask("INVITE", from: .inside, body: video("192.168.1.10", "30000/200"))!
        #expect(arrived.line("m=")!.contains("/8 RTP"))
        answer(call, video("198.51.100.9", "20000/200"))
        #expect(bench.pairs == expected(0..<8))
        // A second pair is wanted where the first was announced before, and what follows it is taken by then.
        let small = SIPBench(ports: 40000...40007)
        let other = SIPDialogue(small)
        let before = other.ask("INVITE", from: .inside, body: video("192.168.1.10", "30000"))!.port()!
        answer(other, video("198.51.100.9", "20000"))
        for number in 0..<3 {
            SIPDialogue(small, callID: "\(number)").ask(
                "INVITE", from: .inside, body: sdp("192.168.1.10", 31000 + 2 * number))
        }
        #expect(small.gateway.freeMediaPorts == 0)
        let after = other.ask("INVITE", from: .inside, body: video("192.168.1.10", "30000/2"))!
        #expect(after.line("m=") == "m=video \(before) RTP/AVP 31")
    }
}
