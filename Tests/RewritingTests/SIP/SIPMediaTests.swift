import Rewriting
import Testing
import WireFormats

/// Session descriptions: what is translated in them, and which flows follow.
@Suite struct SIPMediaTests {
    private let bench = SIPBench()

    /// What arrives outside of an offer from inside.
    private func offer(_ body: String, type: String = "application/sdp", call: SIPDialogue? = nil) -> SIPText {
        (call ?? SIPDialogue(bench)).ask("INVITE", from: .inside, body: body.crlf, type: type) ?? SIPText("", [])
    }

    private static let session = """
        v=0
        o=alice 2890844526 2890844527 IN IP4 192.168.1.10
        s=-
        c=IN IP4 192.168.1.10
        t=0 0

        """

    @Test func `the session's c= line, m= and o= are translated, and nothing else`() {
        let text = Self.session + "m=audio 30000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=x:192.168.1.10:30000\n"
        let body = offer(text).body
        let port = SIPText("\r\n\r\n" + body).port()!
        #expect(port % 2 == 0 && port >= 40000 && port <= 40999)
        let expected = text.replacing("IP4 192.168.1.10", with: "IP4 203.0.113.7").replacing(
            "30000 RTP", with: "\(port) RTP")
        #expect(body == expected.crlf)
    }

    @Test func `c= lines at the session and at media`() {
        let text = """
            v=0
            o=- 1 1 IN IP4 192.168.1.10
            s=-
            c=IN IP4 192.168.1.10
            t=0 0
            m=audio 30000 RTP/AVP 0
            m=video 30002 RTP/AVP 31
            c=IN IP4 192.168.1.20
            m=audio 30004 RTP/AVP 0
            c=IN IP4 media.example.com
            m=audio 30006 RTP/AVP 0
            c=IN IP6 2001:db8::1
            m=audio 30008 RTP/AVP 0
            c=IN IP4 198.51.100.99

            """
        let body = offer(text)
        #expect(
            body.lines("c=") == [
                "c=IN IP4 203.0.113.7", "c=IN IP4 203.0.113.7", "c=IN IP4 media.example.com", "c=IN IP6 2001:db8::1",
                "c=IN IP4 198.51.100.99",
            ])
        #expect((2...4).map { body.port($0) } == [30004, 30006, 30008])
        #expect(body.port(0)! >= 40000 && body.port(1)! >= 40000 && body.port(0) != body.port(1))
    }

    @Test func `2.2 item 4: more media than three, FQDN and IPv6, and ports below 1024 are no reason to drop anything`()
    {
        var text = Self.session
        for index in 0..<20 { text += "m=audio \(30000 + 2 * index) RTP/AVP 0\n" }
        text += "m=audio 100 RTP/AVP 0\n"
        let call = SIPDialogue(bench)
        let arrived = offer(text, call: call)
        #expect((0..<16).allSatisfy { arrived.port($0)! >= 40000 } && arrived.lines("m=").count == 21)
        #expect(arrived.port(20) == 100)
        let low = SIPDialogue(bench, callID: "low").ask("INVITE", from: .inside, body: sdp("192.168.1.10", 1022))
        #expect(low?.port() == 1022 && bench.count(.mediaElsewhere) > 0)
    }

    @Test func `who made a session stays the same while all of it is held by 0.0.0.0, or refused (RFC 3264 section 8)`()
    {
        let call = SIPDialogue(bench)
        call.establish()
        let origin = "o=- 1 1 IN IP4 203.0.113.7"
        #expect(call.received[1]["2 INVITE"]!.line("o=") == origin)
        let held = sdp("192.168.1.10", 30000).replacing("c=IN IP4 192.168.1.10", with: "c=IN IP4 0.0.0.0")
        let offer = call.ask("INVITE", from: .inside, body: held)!
        #expect(offer.body == held.replacing("192.168.1.10", with: "203.0.113.7"))
        call.answer(200, to: "INVITE", from: .outside, body: sdp("198.51.100.9", 20000, "a=recvonly"))
        call.ask("ACK", from: .inside)
        call.ask("INVITE", from: .outside, body: sdp("198.51.100.9", 20000))
        let refused = call.answer(200, to: "INVITE", from: .inside, body: sdp("192.168.1.10", 0))!
        #expect(refused.line("o=") == origin && refused.port() == 0)
        // What knows its own public address has said it in c=, and is left alone.
        let known = sdp("192.168.1.10", 30000).replacing("c=IN IP4 192.168.1.10", with: "c=IN IP4 192.0.2.1")
        #expect(SIPDialogue(bench, callID: "2").ask("INVITE", from: .inside, body: known)?.body == known)
    }

    @Test func `2.2 item 5: an origin that is a name stays`() {
        let text = Self.session.replacing("IP4 192.168.1.10\ns", with: "IP4 host.example.com\ns")
        let arrived = offer(text + "m=audio 30000 RTP/AVP 0\n")
        #expect(arrived.line("o=") == "o=alice 2890844526 2890844527 IN IP4 host.example.com")
        #expect(arrived.line("c=") == "c=IN IP4 203.0.113.7")
    }

    @Test func `2.2 item 6: RTCP is where a=rtcp says, and an odd port stays what it stands for`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp("192.168.1.10", 30001, "a=rtcp:31000 IN IP4 192.168.1.10"))
        let offer = call.received[1]["2 INVITE"]!
        let port = offer.port()!
        #expect(port % 2 == 0 && offer.line("a=rtcp") == "a=rtcp:\(port + 1) IN IP4 203.0.113.7")
        call.answer(200, to: "INVITE", from: .outside, body: sdp("198.51.100.9", 20000, "a=rtcp:20500"))
        #expect(
            bench.pairs == ["192.168.1.10:30001 198.51.100.9:20000", "192.168.1.10:31000 198.51.100.9:20500"])
    }

    @Test(
        "Jitter's clock: the answer's first payload type, by RFC 3551 section 6, or else a=rtpmap",
        arguments: [
            ("audio", "0 96", ["rtpmap:96 opus/48000/2"], 8000), ("audio", "9", [], 8000), ("video", "34", [], 90000),
            ("audio", "96 0", ["rtpmap:0 PCMU/8000", "rtpmap:96 opus/48000/2"], 48000), ("audio", "11", [], 44100),
            ("audio", "97", [], 0), ("audio", "8", ["rtpmap:8 X/16000"], 8000), ("audio", "x", ["rtpmap:0 X/1"], 0),
        ] as [(String, String, [String], UInt32)])
    func clockRate(type: String, formats: String, attributes: [String], rate: UInt32) {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp("192.168.1.10", 30000))
        let media = "m=\(type) 20000 RTP/AVP \(formats)\r\n" + attributes.map { "a=\($0)\r\n" }.joined()
        let answer = sdp("198.51.100.9", 20000).split(separator: "m=audio")[0] + media
        call.answer(200, to: "INVITE", from: .outside, body: String(answer))
        #expect(bench.flows.values.filter { !$0.isControl }.map(\.clockRate) == [rate])
        #expect(bench.flows.values.filter(\.isControl).map(\.clockRate) == [0])
    }

    @Test func `2.2 item 7: ports are drawn at random`() {
        var ports: Set<UInt16> = []
        for number in 0..<20 {
            ports.insert(offer(sdp("192.168.1.10", 30000), call: SIPDialogue(bench, callID: "\(number)")).port()!)
        }
        let sorted = ports.sorted()
        #expect(ports.count == 20 && zip(sorted, sorted.dropFirst()).contains { $1 - $0 > 40 })
    }

    @Test func `2.13 item 23: rtcp-mux by both sides needs one flow, by one side two`() {
        for (number, (own, other)) in [(true, true), (true, false), (false, true)].enumerated() {
            let bench = SIPBench()
            let call = SIPDialogue(bench, callID: "\(number)")
            call.ask("INVITE", from: .inside, body: sdp("192.168.1.10", 30000, own ? "a=rtcp-mux" : "a=x"))
            call.answer(
                200, to: "INVITE", from: .outside, body: sdp("198.51.100.9", 20000, other ? "a=rtcp-mux" : "a=x"))
            let rtp = "192.168.1.10:30000 198.51.100.9:20000"
            #expect(bench.pairs == (own && other ? [rtp] : [rtp, "192.168.1.10:30001 198.51.100.9:20001"]))
        }
    }

    @Test func `rtcp-mux with a=rtcp at the port of RTP`() {
        let call = SIPDialogue(bench)
        let body = sdp("192.168.1.10", 30000, "a=rtcp:30000 IN IP4 192.168.1.10", "a=rtcp-mux")
        call.ask("INVITE", from: .inside, body: body)
        let offer = call.received[1]["2 INVITE"]!
        #expect(offer.line("a=rtcp:") == "a=rtcp:\(offer.port()!) IN IP4 203.0.113.7")
        call.answer(200, to: "INVITE", from: .outside, body: sdp("198.51.100.9", 20000, "a=rtcp-mux", "a=rtcp:20000"))
        #expect(bench.pairs == ["192.168.1.10:30000 198.51.100.9:20000"])
    }

    @Test func `T.38 over UDPTL has one flow, and who connects over TCP itself none`() {
        let call = SIPDialogue(bench)
        let text =
            Self.session + """
                m=image 30000 udptl t38
                a=T38FaxVersion:0
                m=message 2855 TCP/MSRP *
                a=path:msrp://192.168.1.10:2855/x;tcp

                """
        let arrived = offer(text, call: call)
        #expect(arrived.port(0)! >= 40000 && arrived.lines("m=")[1] == "m=message 2855 TCP/MSRP *")
        call.answer(
            200, to: "INVITE", from: .outside,
            body: sdp("198.51.100.9", 0).replacing("m=audio 0 RTP/AVP 0 101", with: "m=image 20000 udptl t38"))
        #expect(bench.pairs == ["192.168.1.10:30000 198.51.100.9:20000"])
    }

    @Test func `2.13 item 25: a media that is refused by port 0 stays refused, and has no flow`() {
        let call = SIPDialogue(bench)
        let two = sdp("192.168.1.10", 30000) + "m=video 0 RTP/AVP 31\r\nm=audio 30004 RTP/AVP 0\r\n"
        #expect(offer(two, call: call).port(1) == 0)
        call.answer(
            200, to: "INVITE", from: .outside,
            body: sdp("198.51.100.9", 0) + "m=video 0 RTP/AVP 31\r\nm=audio 20004 RTP/AVP 0\r\n")
        #expect(
            bench.pairs == ["192.168.1.10:30004 198.51.100.9:20004", "192.168.1.10:30005 198.51.100.9:20005"])
    }

    @Test(
        "2.13 items 11, 12: a held call keeps its ports, and comes back to them",
        arguments: [
            "a=sendonly", "a=inactive", "c=0",
        ])
    func hold(by way: String) {
        let call = SIPDialogue(bench)
        call.establish()
        let (flows, port) = (bench.pairs, call.received[1]["2 INVITE"]!.port()!)
        let isZero = way == "c=0"
        for side in [Side.inside, .outside] {
            let (own, ownPort) = side == .inside ? ("192.168.1.10", 30000) : ("198.51.100.9", 20000)
            let (other, otherPort) = side == .inside ? ("198.51.100.9", 20000) : ("192.168.1.10", 30000)
            let offer = isZero ? sdp("0.0.0.0", ownPort) : sdp(own, ownPort, way)
            call.ask("INVITE", from: side, body: offer)
            let arrived = call.received[1 - Int(side.rawValue)]["\(call.ends[Int(side.rawValue)].cSeq) INVITE"]!
            if isZero {
                #expect(arrived.body == offer)
            } else if side == .inside {
                #expect(arrived.port() == port && arrived.line(way) == way)
            }
            call.answer(200, to: "INVITE", from: side.other, body: sdp(other, otherPort, "a=recvonly"))
            call.ask("ACK", from: side)
            // For longer than media may be silent.
            bench.wait(3 * 3600)
            #expect(bench.pairs == flows && bench.count(.callsLost) == 0)
            call.reinvite(from: side, offer: sdp(own, ownPort), answer: sdp(other, otherPort))
            #expect(bench.pairs == flows && bench.count(.mediaElsewhere) == 0)
        }
        call.hangUp(from: .outside)
        bench.wait(33)
        #expect(bench.flows.isEmpty && bench.gateway.counts.calls == 0)
    }

    @Test func `2.13 item 19, 2.2 item 11: a media server that is not the signalling host`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp("192.168.1.30", 30000))
        let arrived = call.received[1]["2 INVITE"]!
        #expect(arrived.line("c=") == "c=IN IP4 203.0.113.7" && arrived.port()! >= 40000)
        call.answer(200, to: "INVITE", from: .outside, body: sdp("192.0.2.200", 20000))
        #expect(bench.pairs == ["192.168.1.30:30000 192.0.2.200:20000", "192.168.1.30:30001 192.0.2.200:20001"])
    }

    @Test func `keys, fingerprints and setup are never touched`() {
        let text =
            Self.session + """
                m=audio 30000 UDP/TLS/RTP/SAVPF 111
                a=fingerprint:sha-256 AA:BB:CC
                a=setup:actpass
                a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:32
                a=candidate:x
                a=ssrc:1 cname:192.168.1.10

                """
        let body = offer(text).body
        let own = text.crlf.splitLines
        #expect(body.splitLines.dropFirst(6) == own.dropFirst(6))
        #expect(body.splitLines[5].hasSuffix(" UDP/TLS/RTP/SAVPF 111"))
    }

    // MARK: ICE, BUNDLE

    private static let ice = """
        v=0
        o=- 1 1 IN IP4 192.168.1.10
        s=-
        c=IN IP4 192.168.1.10
        t=0 0
        a=ice-ufrag:F7gI
        a=ice-pwd:x9cml/YzichV2+XlhiMu8g
        a=ice-options:trickle
        m=audio 30000 RTP/AVP 0
        a=candidate:1 1 UDP 2130706431 192.168.1.10 30000 typ host
        a=candidate:1 2 UDP 2130706430 192.168.1.10 30001 typ host
        a=candidate:2 1 UDP 1694498815 198.51.100.200 45664 typ srflx raddr 192.168.1.10 rport 30000
        a=candidate:3 1 TCP 99 192.168.1.10 9 typ host tcptype active
        a=candidate:4 1 UDP 98 x.local 30000 typ host
        a=end-of-candidates

        """

    @Test func `2.13 item 7: with ICE the default destination stays among the candidates`() {
        let arrived = offer(Self.ice)
        let port = arrived.port()!
        #expect(
            arrived.lines("a=candidate") == [
                "a=candidate:1 1 UDP 2130706431 203.0.113.7 \(port) typ host",
                "a=candidate:1 2 UDP 2130706430 203.0.113.7 \(port + 1) typ host",
                "a=candidate:2 1 UDP 1694498815 198.51.100.200 45664 typ srflx raddr 192.168.1.10 rport 30000",
                "a=candidate:3 1 TCP 99 192.168.1.10 9 typ host tcptype active",
                "a=candidate:4 1 UDP 98 x.local 30000 typ host",
            ])
    }

    @Test func `ICE with an external default is left alone (RFC 8839 section 8)`() {
        let text = Self.ice.replacing("c=IN IP4 192.168.1.10", with: "c=IN IP4 198.51.100.200")
            .replacing("audio 30000", with: "audio 45664")
        let arrived = offer(text)
        #expect(arrived.body == text.crlf && bench.gateway.freeMediaPorts == SIPBench().gateway.freeMediaPorts)
    }

    @Test func `ICE may be taken out, or left as it is`() {
        var settings = SIPSettings()
        settings.ice = .strip
        let stripped = SIPDialogue(SIPBench(settings: settings)).ask("INVITE", from: .inside, body: Self.ice.crlf)!
        #expect(stripped.lines("a=").isEmpty && stripped.hasRightLength && stripped.port()! >= 40000)
        settings.ice = .leave
        let left = SIPDialogue(SIPBench(settings: settings)).ask("INVITE", from: .inside, body: Self.ice.crlf)!
        #expect(left.lines("a=") == SIPText("\r\n\r\n" + Self.ice.crlf).lines("a="))
        #expect(left.port()! >= 40000)
    }

    @Test func `candidates of the other side get flows, too`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: Self.ice.crlf)
        let answer = sdp(
            "198.51.100.9", 20000, "a=candidate:1 1 UDP 9 198.51.100.9 20000 typ host",
            "a=candidate:2 1 UDP 8 198.51.100.77 20010 typ relay raddr 10.0.0.1 rport 1",
            "a=candidate:2 2 UDP 7 198.51.100.77 20011 typ relay raddr 10.0.0.1 rport 2",
            "a=candidate:3 1 UDP 6 10.1.2.3 20000 typ host")
        call.answer(200, to: "INVITE", from: .outside, body: answer)
        #expect(
            bench.pairs == [
                "192.168.1.10:30000 198.51.100.9:20000", "192.168.1.10:30001 198.51.100.9:20001",
                "192.168.1.10:30000 198.51.100.77:20010", "192.168.1.10:30001 198.51.100.77:20011",
            ])
        // The pair that was chosen is what a new offer has.
        call.ask("ACK", from: .inside)
        call.reinvite(from: .inside, offer: Self.ice.crlf, answer: sdp("198.51.100.77", 20010))
        bench.wait(33)
        #expect(
            bench.pairs == ["192.168.1.10:30000 198.51.100.77:20010", "192.168.1.10:30001 198.51.100.77:20011"])
    }

    @Test
    func `the candidates that the other side has chosen are what the inside end has named (RFC 8839 section 5.2)`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: Self.ice.crlf)
        let port = Int(call.received[1]["2 INVITE"]!.port()!)
        call.answer(200, to: "INVITE", from: .outside, body: sdp("198.51.100.9", 20000))
        call.ask("ACK", from: .inside)
        let chosen = "a=remote-candidates:1 203.0.113.7 \(port) 2 203.0.113.7 \(port + 1)"
        let offer = call.ask("INVITE", from: .outside, body: sdp("198.51.100.9", 20000, chosen))
        #expect(offer?.line("a=remote") == "a=remote-candidates:1 192.168.1.10 30000 2 192.168.1.10 30001")
        // And those of the outside are the outside's own.
        let theirs = "a=remote-candidates:1 198.51.100.9 20000"
        call.answer(200, to: "INVITE", from: .inside, body: sdp("192.168.1.10", 30000))
        call.ask("ACK", from: .outside)
        let own = call.ask("INVITE", from: .inside, body: sdp("192.168.1.10", 30000, theirs))
        #expect(own?.line("a=remote") == theirs)
    }

    @Test func `BUNDLE: media that share a port share flows, and bundle-only ones have none of their own`() {
        let call = SIPDialogue(bench)
        func bundle(_ address: String, _ ports: [Int]) -> String {
            let mux = "a=rtcp-mux\r\n"
            return sdp(address, ports[0]) + mux + "m=video \(ports[1]) RTP/AVP 31\r\n\(mux)"
                + "m=video \(ports[2]) RTP/AVP 31\r\na=bundle-only\r\n\(mux)"
        }
        let arrived = offer(bundle("192.168.1.10", [30000, 30000, 0]), call: call)
        #expect(arrived.port(0) == arrived.port(1) && arrived.port(2) == 0)
        call.answer(200, to: "INVITE", from: .outside, body: bundle("198.51.100.9", [20000, 20000, 0]))
        call.ask("ACK", from: .inside)
        #expect(bench.pairs == ["192.168.1.10:30000 198.51.100.9:20000"])
        // One of them is taken away: the other's flow stays.
        call.reinvite(
            from: .inside, offer: bundle("192.168.1.10", [30000, 0, 0]), answer: bundle("198.51.100.9", [20000, 0, 0]))
        bench.wait(40)
        #expect(bench.pairs == ["192.168.1.10:30000 198.51.100.9:20000"])
        call.hangUp(from: .inside)
        #expect(bench.flows.isEmpty)
    }

    // MARK: Bodies

    private static let part = "Content-Type: application/sdp\n"

    @Test(
        "2.13 item 13: in a multipart the description may be anywhere, and all lengths are right",
        arguments: [0, 1, 2, 3])
    func multipart(order: Int) {
        let description = sdp("192.168.1.10", 30000)
        let text = "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
        let part = "Content-Type: application/sdp\r\nContent-Length: \(description.utf8.count)\r\n\r\n" + description
        var parts = order == 0 ? [part, text] : [text, part]
        if order >= 2 {
            // One in another; and in that two descriptions.
            let inner =
                "--in\r\n" + text + "\r\n--in\r\n" + part + "\r\n"
                + (order == 3 ? "--in\r\n" + part + "\r\n" : "") + "--in--\r\n"
            parts = [
                text,
                "Content-Type: multipart/alternative;boundary=in\r\nContent-Length: \(inner.utf8.count)\r\n\r\n"
                    + inner,
            ]
        }
        let body = "--out\r\n" + parts.joined(separator: "\r\n--out\r\n") + "\r\n--out--\r\n"
        let call = SIPDialogue(bench)
        let arrived = call.ask("INVITE", from: .inside, body: body, type: "multipart/mixed; boundary=\"out\"")!
        #expect(arrived.hasRightLength)
        let port = arrived.port()!
        let translated = description.replacing("192.168.1.10", with: "203.0.113.7")
            .replacing("audio 30000", with: "audio \(port)")
        var expected = body.replacing(description, with: translated)
            .replacing("Length: \(description.utf8.count)", with: "Length: \(translated.utf8.count)")
        if order >= 2 {
            let start = expected.firstRange(of: "--in\r\n")!.lowerBound
            let end = expected.firstRange(of: "--in--\r\n")!.upperBound
            let original = body[
                body.firstRange(of: "--in\r\n")!.lowerBound..<body.firstRange(of: "--in--\r\n")!.upperBound]
            expected = expected.replacing(
                "Length: \(original.utf8.count)", with: "Length: \(expected[start..<end].utf8.count)")
        }
        #expect(arrived.body == expected)
        call.answer(200, to: "INVITE", from: .outside, body: sdp("198.51.100.9", 20000))
        #expect(bench.flows.count == 2)
    }

    @Test
    func
        `2.13 item 13: two multiparts in one, with boundaries of all that they may be made of, keep all lengths right`()
    {
        let description = sdp("192.168.1.10", 30000)
        let translated = { (port: UInt16) in
            description.replacing("192.168.1.10", with: "203.0.113.7").replacing("30000", with: "\(port)")
        }
        func body(_ description: String) -> String {
            let part =
                "Content-Transfer-Encoding: 8bit\r\nContent-Length: \(description.utf8.count)\r\n"
                + "c: Application/SDP;charset=\"utf-8\"\r\n\r\n\(description)\r\n"
            func inner(_ boundary: String, _ parts: Int) -> String {
                let inner = String(repeating: "--\(boundary)\r\n" + part, count: parts) + "--\(boundary)--"
                return "--=_o'()+,-./:=? x\r\nContent-Type: multipart/related ; boundary=\"\(boundary)\"\r\n"
                    + "Content-Length: \(inner.utf8.count)\r\n\r\n\(inner)\r\n"
            }
            return "preamble\r\n" + inner("=_o'()+,-./:=? x1", 2) + inner("i", 1) + "--=_o'()+,-./:=? x--\r\n"
        }
        let arrived = SIPDialogue(bench).ask(
            "INVITE", from: .inside, body: body(description), type: "multipart/mixed;boundary=\"=_o'()+,-./:=? x\"")!
        #expect(arrived.hasRightLength && arrived.body == body(translated(arrived.port()!)))
    }

    @Test func `2.2 item 3: Content-Length may be absent, compact, or stand there twice`() {
        for (number, fields) in ["", "l: %\r\n", "Content-Length: %\r\nl: %\r\n"].enumerated() {
            let call = SIPDialogue(bench, callID: "\(number)")
            let request = call.request("INVITE", from: .inside, body: sdp("192.168.1.10", 30000, "a=sendrecv"))
            let length = "\(request.body.utf8.count)"
            let text = request.text.replacing(
                "Content-Length: \(length)\r\n", with: fields.replacing("%", with: length))
            let arrived = call.transmit(text, from: .inside, checksLength: false)!.text
            let body = SIPText(arrived).body
            #expect(body.contains("203.0.113.7") && !body.contains("192.168"))
            for field in SIPText(arrived).fields where ["l", "Content-Length"].contains(field.name) {
                #expect(field.value == "\(body.utf8.count)")
            }
        }
    }

    @Test func `2.2 item 3: octets behind the body are no part of it`() {
        let call = SIPDialogue(bench)
        let request = call.request("INVITE", from: .inside, body: sdp("192.168.1.10", 30000))
        let text = request.text + "m=audio 30000 RTP/AVP 0\r\n"
        let arrived = call.transmit(text, from: .inside, checksLength: false)!.text
        #expect(arrived.hasSuffix("101\r\nm=audio 30000 RTP/AVP 0\r\n"))
        let length = SIPText(arrived)["Content-Length"]!
        #expect(Int(length) == SIPText(arrived).body.utf8.count - "m=audio 30000 RTP/AVP 0\r\n".utf8.count)
    }

    @Test func `2.13 item 17: a body that its sender has signed is not edited`() {
        let call = SIPDialogue(bench)
        let credentials = [("Authorization", "Digest username=\"a\", qop=auth-int, response=\"0\"")]
        let body = sdp("192.168.1.10", 30000)
        let arrived = call.ask("INVITE", from: .inside, body: body, credentials)!
        #expect(arrived.body == body && bench.count(.sipBodiesSigned) == 1)
        // The answer is not taken for an offer.
        call.answer(200, to: "INVITE", from: .outside, body: sdp("198.51.100.9", 20000))
        #expect(bench.flows.isEmpty)
    }

    @Test func `2.13 item 17: a request with a signed description is refused where the operator wants that`() {
        var settings = SIPSettings()
        settings.signedBodies = .refuse
        let bench = SIPBench(settings: settings)
        let call = SIPDialogue(bench)
        let credentials = [("Proxy-Authorization", "Digest username=\"a\", qop=auth-int, response=\"0\"")]
        let request = call.request("INVITE", from: .inside, body: sdp("192.168.1.10", 30000), credentials)
        let answers = bench.send(request.text, from: SIPBench.phone, to: SIPBench.server)
        #expect(answers.map(\.destination) == [SIPBench.phone] && answers[0].source == SIPBench.server)
        #expect(answers[0].text.hasPrefix("SIP/2.0 488 "))
        #expect(bench.count(.sipBodiesRefused) == 1 && bench.count(.callsOpened) == 0)
        // What is signed and no description goes on.
        let message = SIPDialogue(bench, callID: "m").ask(
            "MESSAGE", from: .inside, body: "Hello", type: "text/plain", credentials)
        #expect(message?.body == "Hello")
    }

    @Test func `2.13 item 10: a large message is translated like any other`() {
        let call = SIPDialogue(bench)
        let body = sdp("192.168.1.10", 30000, "a=x:" + String(repeating: "y", count: 40_000))
        let arrived = call.ask("INVITE", from: .inside, body: body, [("X", String(repeating: "z", count: 20_000))])!
        #expect(arrived.port()! >= 40000 && arrived.line("c=") == "c=IN IP4 203.0.113.7")
        let notify = SIPDialogue(bench, callID: "n").ask(
            "NOTIFY", from: .inside, body: String(repeating: "<x/>", count: 2000), type: "application/dialog-info+xml")!
        #expect(notify["Contact"] == "<sip:alice@\(call.translated)>")
    }

    @Test func `a body that is compressed, or no description, is not looked into`() {
        let call = SIPDialogue(bench)
        let body = sdp("192.168.1.10", 30000)
        #expect(call.ask("INVITE", from: .inside, body: body, [("Content-Encoding", "gzip")])?.body == body)
        let other = SIPDialogue(bench, callID: "2")
        #expect(other.ask("INVITE", from: .inside, body: body, type: "application/x")?.body == body)
        // What an INVITE without a description gets is an offer.
        other.answer(200, to: "INVITE", from: .outside, body: sdp("198.51.100.9", 20000))
        #expect(bench.flows.isEmpty)
        other.ask("ACK", from: .inside, body: body)
        #expect(bench.flows.count == 2)
    }

    // MARK: Two phones of the same site

    @Test func `two phones behind the same NAT send their media to each other`() {
        let provider = Endpoint("198.51.100.9:5060")!
        let (alice, bob) = (
            SIPDialogue(bench, callID: "a"), SIPDialogue(bench, callID: "b", inside: SIPBench.otherPhone)
        )
        // The provider is a party to two calls, and hands the descriptions on.
        let offer = alice.ask("INVITE", from: .inside, body: sdp("192.168.1.10", 30000, "a=rtcp:30005"))!
        let atBob = bob.ask("INVITE", from: .outside, body: offer.body)!
        #expect(atBob.line("c=") == "c=IN IP4 192.168.1.10" && atBob.port() == 30000)
        #expect(atBob.line("a=rtcp") == "a=rtcp:30005")
        let answer = bob.answer(200, to: "INVITE", from: .inside, body: sdp("192.168.1.11", 32000))!
        bob.ask("ACK", from: .outside)
        let atAlice = alice.answer(200, to: "INVITE", from: .outside, body: answer.body)!
        alice.ask("ACK", from: .inside)
        #expect(atAlice.line("c=") == "c=IN IP4 192.168.1.11" && atAlice.port() == 32000)
        #expect(bench.flows.isEmpty && alice.ends[1].endpoint == provider)
        alice.hangUp(from: .inside)
        bob.hangUp(from: .outside)
        bench.wait(40)
        #expect(bench.gateway.counts.calls == 0 && bench.gateway.freeMediaPorts == SIPBench().gateway.freeMediaPorts)
    }
}
