import Rewriting
import TestSupport
import Testing
import WireFormats

/// What happens when a table is full: an INVITE is refused with 503, everything is counted, and nothing is lost for ever.
@Suite struct SIPFullTests {
    private func expectRefusal(
        _ dialogue: SIPDialogue, _ body: String = sdp("192.168.1.10", 30000),
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let request = dialogue.request("INVITE", from: .inside, body: body)
        let phone = dialogue.ends[0].endpoint
        let arrivals = dialogue.bench.send(request.text, from: phone, to: SIPBench.server)
        #expect(arrivals.count == 1, sourceLocation: sourceLocation)
        let response = arrivals.first?.message
        #expect(arrivals.first?.destination == phone && arrivals.first?.source == SIPBench.server)
        #expect(response?.start == "SIP/2.0 503 Service Unavailable", sourceLocation: sourceLocation)
        for name in ["Via", "From", "Call-ID", "CSeq"] { #expect(response?[name] == request[name]) }
        #expect(response?["To"]?.hasPrefix(request["To"]! + ";tag=") == true && response?.hasRightLength == true)
        #expect(response?["Retry-After"] != nil)
        // Once more the same.
        let again = dialogue.bench.send(request.text, from: phone, to: SIPBench.server)
        #expect(again.map(\.text) == arrivals.map(\.text))
    }

    @Test func `no binding: an INVITE is refused, anything else dropped and counted`() {
        let bench = SIPBench(.init(bindings: 2, registrations: 4, calls: 8, media: 16))
        _ = bench.translated(SIPBench.phone)
        _ = bench.translated(SIPBench.otherPhone)
        let third = Endpoint("192.168.1.12:5060")!
        #expect(bench.send("\r\n\r\n", from: third, to: SIPBench.server).isEmpty && bench.count(.dropSIPFull) == 1)
        expectRefusal(SIPDialogue(bench, inside: third))
        #expect(bench.gateway.counts.bindings == 2 && bench.count(.sipRefused) == 2)
        bench.wait(400)
        #expect(bench.gateway.counts.bindings == 0)
        SIPDialogue(bench, inside: third).establish()
        #expect(bench.gateway.counts.calls == 1)
    }

    @Test func `no port for a binding`() {
        // Eight ports: two for signalling.
        let bench = SIPBench(ports: 40000...40007)
        for number in 10...11 { _ = bench.translated(Endpoint("192.168.1.\(number):5060")!) }
        expectRefusal(SIPDialogue(bench, inside: Endpoint("192.168.1.12:5060")!))
    }

    @Test func `no call: further ones are refused until another is forgotten`() {
        let bench = SIPBench(.init(bindings: 8, registrations: 4, calls: 2, media: 16))
        let free = bench.gateway.freeMediaPorts
        let calls = (0..<2).map { SIPDialogue(bench, callID: "\($0)") }
        for call in calls { call.establish() }
        expectRefusal(SIPDialogue(bench, callID: "more"))
        // From outside, too; and what belongs to no call passes.
        let inbound = SIPDialogue(bench, callID: "inbound")
        let arrivals = bench.send(
            inbound.request("INVITE", from: .outside, body: sdp("198.51.100.9", 20000)).text, from: SIPBench.server,
            to: inbound.translated)
        #expect(arrivals.first?.destination == SIPBench.server && arrivals.first?.message.code == 503)
        #expect(arrivals.first?.source == inbound.translated)
        #expect(SIPDialogue(bench, callID: "x").ask("OPTIONS", from: .inside) != nil)
        #expect(bench.count(.callsFull) == 3 && bench.count(.sipRefused) == 3)
        for call in calls { call.hangUp(from: .inside) }
        bench.wait(33)
        bench.expectNothingLeft(ports: free)
        SIPDialogue(bench, callID: "again").establish()
        #expect(bench.flows.count == 2)
    }

    @Test func `no port for media: the call is refused, and what it had taken is free again`() {
        // Two ports for signalling, three pairs for media.
        let bench = SIPBench(ports: 40000...40007)
        let free = bench.gateway.freeMediaPorts
        #expect(free == 3)
        let first = SIPDialogue(bench, callID: "1")
        first.establish()
        let three = sdp("192.168.1.10", 31000) + "m=audio 31002 RTP/AVP 0\r\nm=audio 31004 RTP/AVP 0\r\n"
        expectRefusal(SIPDialogue(bench, callID: "2"), three)
        #expect(bench.count(.mediaFull) == 2)
        SIPDialogue(bench, callID: "3").establish(insidePort: 31000)
        // A call that goes on is not harmed by a new offer that finds no room.
        let offer = first.request("INVITE", from: .inside, body: three)
        #expect(first.transmit(offer.text, from: .inside) == nil)
        #expect(first.lastArrivals.first?.message.code == 503 && bench.flows.count == 4)
        first.hangUp(from: .inside)
        #expect(bench.flows.count == 2)
        bench.wait(40)
        #expect(bench.gateway.counts.calls == 1 && bench.gateway.freeMediaPorts == free - 1)
    }

    @Test func `no slot for media, streams or flows`() {
        for capacity in 1...4 {
            let bench = SIPBench(.init(bindings: 8, registrations: 4, calls: 8, media: capacity))
            let free = bench.gateway.freeMediaPorts
            let calls = (0..<6).map { SIPDialogue(bench, callID: "\($0)") }
            for call in calls where call.ask("INVITE", from: .inside, body: sdp("192.168.1.10", 30000)) != nil {
                call.answer(200, to: "INVITE", from: .outside, body: sdp("198.51.100.9", 20000))
                call.ask("ACK", from: .inside)
            }
            #expect(bench.flows.count <= capacity && bench.count(.mediaFull) > 0)
            for call in calls where call.ends[0].peerTag != nil { call.hangUp(from: .inside) }
            bench.wait(300)
            bench.expectNothingLeft(ports: free)
        }
    }

    @Test func `no slot for a registration: the phone is bound all the same`() {
        let bench = SIPBench(.init(bindings: 8, registrations: 1, calls: 8, media: 16))
        for (number, phone) in [SIPBench.phone, SIPBench.otherPhone].enumerated() {
            let translated = bench.translated(phone)
            let text = """
                SIP/2.0 200 OK
                Via: SIP/2.0/UDP \(translated);branch=z9hG4bK1
                From: <sip:\(number)@example.com>;tag=1
                To: <sip:\(number)@example.com>;tag=2
                Call-ID: 1
                CSeq: 1 REGISTER
                Contact: <sip:x@\(translated)>;expires=3600


                """
            bench.send(text.crlf, from: SIPBench.server, to: translated)
        }
        #expect(bench.count(.registrationsOpened) == 1 && bench.count(.registrationsFull) == 1)
        #expect(bench.gateway.counts.bindings == 2)
    }

    @Test func `one call can take only so much: forks, ports and flows are bounded`() {
        let bench = SIPBench(.init(bindings: 8, registrations: 4, calls: 8, media: 4096), ports: 40000...49999)
        let free = bench.gateway.freeMediaPorts
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp("192.168.1.10", 30000))
        for fork in 0..<1000 {
            let body = sdp("198.51.100.9", 10000 + 2 * fork)
            call.answer(183, to: "INVITE", from: .outside, body: body, tag: "fork\(fork)")
        }
        #expect(bench.flows.count <= 256 && bench.count(.mediaFull) > 0)
        call.answer(200, to: "INVITE", from: .outside, body: sdp("198.51.100.9", 10000), tag: "fork0")
        call.ask("ACK", from: .inside)
        for offer in 0..<300 {
            call.send(
                call.request("INVITE", from: .inside, body: sdp("192.168.1.10", 31000 + 2 * offer)), from: .inside)
        }
        #expect(free - bench.gateway.freeMediaPorts <= 64)
        call.hangUp(from: .inside)
        bench.wait(40)
        bench.expectNothingLeft(ports: free)
    }

    /// Every table holds against a flood of messages that look valid.
    @Test func `no table grows beyond its capacity under a flood of random valid-looking messages`() {
        let bench = SIPBench(.init(bindings: 16, registrations: 8, calls: 16, media: 32), ports: 40000...40099)
        let free = bench.gateway.freeMediaPorts
        var random = Random(seed: 42)
        let methods = ["INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "PRACK", "REGISTER", "OPTIONS", "SUBSCRIBE"]
        for step in 0..<30_000 {
            let inside = Endpoint("192.168.1.\(random.number(10...40)):\(random.number(5060...5070))")!
            let translated = bench.translated(SIPBench.phone)
            let port = UInt16(random.number(40000...40020))
            let isInside = random.once(in: 2)
            let method = random.one(of: methods)
            let isRequest = random.chance(0.6)
            let start =
                isRequest
                ? "\(method) sip:x@\(isInside ? "example.net" : "\(translated)") SIP/2.0"
                : "SIP/2.0 \(random.one(of: [100, 180, 183, 200, 302, 401, 487, 500])) X"
            let own = isInside ? "\(inside)" : "198.51.100.9:5060"
            var message = SIPText(
                start,
                [
                    ("Via", "SIP/2.0/UDP \(own);branch=z9hG4bK\(step)"),
                    ("From", "<sip:a@example.com>;tag=\(random.number(0...9))"),
                    ("To", "<sip:b\(random.number(0...3))@example.com>;tag=\(random.number(0...9))"),
                    ("Call-ID", "\(random.number(0...99))"), ("CSeq", "\(random.number(1...9)) \(method)"),
                    ("Contact", "<sip:x@\(isInside ? own : "\(SIPBench.publicAddress):\(port)")>;expires=5000"),
                    ("Content-Type", "application/sdp"),
                ])
            if random.once(in: 2) {
                message.body = sdp("\(isInside ? "\(inside.address)" : "198.51.100.9")", random.number(1000...60000))
            }
            let destination = isInside ? SIPBench.server : Endpoint(SIPBench.publicAddress, port)
            bench.send(message.text, from: isInside ? inside : SIPBench.server, to: destination)
            let counts = bench.gateway.counts
            #expect(counts.bindings <= 16 && counts.calls <= 16 && counts.media <= 32)
            if random.once(in: 50) { bench.wait(Double(random.number(1...20))) }
        }
        for counter in [SIPCounter.dropSIPFull, .callsFull, .sipRefused, .registrationsFull] {
            #expect(bench.count(counter) > 0, "\(counter)")
        }
        bench.wait(86_400 + 400)
        bench.expectNothingLeft(ports: free)
        #expect(bench.gateway.counts.bindings == 0 && bench.ports.isEmpty)
    }
}
