import Rewriting
import Testing
import WireFormats

/// Calls, from their beginning to their end, and the flows at every moment.
@Suite struct SIPCallTests {
    private let bench = SIPBench()
    private let free = SIPBench().gateway.freeMediaPorts
    private let inside = "192.168.1.10"
    private let outside = "198.51.100.9"

    /// The flows of one audio stream.
    private func audio(_ insidePort: Int = 30000, _ outsidePort: Int = 20000, from host: String = "198.51.100.9")
        -> Set<String>
    {
        ["\(inside):\(insidePort) \(host):\(outsidePort)", "\(inside):\(insidePort + 1) \(host):\(outsidePort + 1)"]
    }

    private func expectEnd(_ sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(bench.flows.isEmpty, sourceLocation: sourceLocation)
        bench.wait(40)
        bench.expectNothingLeft(ports: free, sourceLocation: sourceLocation)
    }

    @Test(
        "a call from either side, ended by either side", arguments: [Side.inside, .outside], [Side.inside, .outside])
    func call(from caller: Side, endedBy side: Side) {
        let call = SIPDialogue(bench)
        call.establish(from: caller)
        #expect(bench.pairs == audio() && bench.count(.callsConfirmed) == 1)
        // The ends know each other by addresses that they can reach.
        #expect(call.ends[0].target == "sip:bob@198.51.100.9:5060")
        #expect(call.ends[1].target == "sip:alice@\(call.translated)")
        bench.talks = true
        bench.wait(1000)
        call.hangUp(from: side)
        #expect(bench.count(.callsEnded) == 1)
        expectEnd()
    }

    @Test func `flows open with the answer, and not before`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp(inside, 30000))
        #expect(bench.flows.isEmpty && bench.gateway.freeMediaPorts == free - 1)
        call.answer(100, to: "INVITE", from: .outside)
        call.answer(180, to: "INVITE", from: .outside)
        #expect(bench.flows.isEmpty)
        call.answer(200, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        #expect(bench.pairs == audio())
    }

    @Test func `2.13 item 18: the ACK of the 2xx reaches the other side, and media go on for longer than 32 seconds`() {
        let call = SIPDialogue(bench)
        call.establish()
        #expect(call.received[1]["2 ACK"]?.requestURI == "sip:bob@198.51.100.9:5060")
        bench.talks = true
        bench.wait(3600)
        #expect(bench.pairs == audio())
    }

    @Test("2.13 item 25: late offer, the answer in ACK", arguments: [Side.inside, .outside])
    func lateOffer(from caller: Side) {
        let call = SIPDialogue(bench)
        let (own, other) = caller == .inside ? ((inside, 30000), (outside, 20000)) : ((outside, 20000), (inside, 30000))
        call.ask("INVITE", from: caller)
        call.answer(183, to: "INVITE", from: caller.other)
        call.answer(200, to: "INVITE", from: caller.other, body: sdp(other.0, other.1))
        #expect(bench.flows.isEmpty)
        call.repeatLast()
        call.ask("ACK", from: caller, body: sdp(own.0, own.1))
        #expect(bench.pairs == audio())
        call.hangUp(from: caller)
        expectEnd()
    }

    @Test func `2.13 item 29: early media, then the same or other ones when the call is answered`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp(inside, 30000))
        call.answer(183, to: "INVITE", from: .outside, body: sdp(outside, 22000))
        #expect(bench.pairs == audio(30000, 22000))
        call.answer(200, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        call.ask("ACK", from: .inside)
        #expect(bench.pairs == audio(30000, 22000).union(audio()))
        bench.wait(33)
        #expect(bench.pairs == audio())
        call.hangUp(from: .outside)
        expectEnd()
    }

    @Test func `2.13 item 29: several early dialogs of a forked call each have flows, and one port`() {
        let call = SIPDialogue(bench)
        let port = call.ask("INVITE", from: .inside, body: sdp(inside, 30000))!.port()!
        call.answer(183, to: "INVITE", from: .outside, body: sdp("192.0.2.1", 21000), tag: "one")
        call.answer(183, to: "INVITE", from: .outside, body: sdp("192.0.2.2", 22000), tag: "two")
        // A third plays what the first does, from the same server.
        call.answer(183, to: "INVITE", from: .outside, body: sdp("192.0.2.1", 21000), tag: "three")
        let (one, two) = (audio(30000, 21000, from: "192.0.2.1"), audio(30000, 22000, from: "192.0.2.2"))
        #expect(bench.pairs == one.union(two))
        #expect(Set(bench.flows.values.map(\.translated.port)) == [port, port + 1])
        #expect(bench.gateway.freeMediaPorts == free - 1)
        call.answer(200, to: "INVITE", from: .outside, body: sdp("192.0.2.2", 22000), tag: "two")
        call.ends[0].peerTag = "two"
        call.ask("ACK", from: .inside)
        bench.wait(33)
        #expect(bench.pairs == two)
        // A re-INVITE within the dialog that is left.
        call.reinvite(from: .inside, offer: sdp(inside, 30002), answer: sdp("192.0.2.2", 22000))
        bench.wait(33)
        #expect(bench.pairs == audio(30002, 22000, from: "192.0.2.2") && bench.gateway.freeMediaPorts == free - 1)
        call.hangUp(from: .inside)
        expectEnd()
    }

    @Test func `two forks that both answer: the one that is hung up takes only its own flows along`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp(inside, 30000))
        call.answer(200, to: "INVITE", from: .outside, body: sdp("192.0.2.1", 21000), tag: "one")
        call.ask("ACK", from: .inside, tag: "one")
        call.answer(200, to: "INVITE", from: .outside, body: sdp("192.0.2.2", 22000), tag: "two")
        call.ask("ACK", from: .inside, tag: "two")
        bench.wait(40)
        let two = audio(30000, 22000, from: "192.0.2.2")
        #expect(bench.pairs == audio(30000, 21000, from: "192.0.2.1").union(two))
        call.ask("BYE", from: .inside, tag: "one")
        // No answer: it ends by itself.
        bench.wait(1)
        #expect(bench.pairs == two && bench.count(.callsEnded) == 0)
        call.ask("BYE", from: .inside, tag: "two")
        call.answer(200, to: "BYE", from: .outside)
        expectEnd()
    }

    @Test func `reliable provisional responses: PRACK with an answer, and with an offer of its own`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside)
        call.answer(
            183, to: "INVITE", from: .outside, body: sdp(outside, 20000), [("Require", "100rel"), ("RSeq", "1")])
        call.ask("PRACK", from: .inside, body: sdp(inside, 30000), [("RAck", "1 2 INVITE")])
        #expect(bench.pairs == audio())
        call.answer(200, to: "PRACK", from: .outside)
        call.answer(200, to: "INVITE", from: .outside)
        call.ask("ACK", from: .inside)
        #expect(bench.pairs == audio())
        call.hangUp(from: .inside)

        let other = SIPDialogue(bench, callID: "2")
        other.ask("INVITE", from: .inside, body: sdp(inside, 31000))
        other.answer(183, to: "INVITE", from: .outside, body: sdp(outside, 21000))
        other.ask("PRACK", from: .inside, body: sdp(inside, 31002))
        #expect(bench.pairs == audio(31000, 21000))
        other.answer(200, to: "PRACK", from: .outside, body: sdp(outside, 21002))
        #expect(bench.pairs == audio(31000, 21000).union(audio(31002, 21002)))
        // The old description once more in the 2xx changes nothing.
        other.answer(200, to: "INVITE", from: .outside, body: sdp(outside, 21000))
        other.ask("ACK", from: .inside)
        bench.wait(33)
        #expect(bench.pairs == audio(31002, 21002))
        other.hangUp(from: .outside)
        expectEnd()
    }

    @Test("UPDATE before and after the call is answered", arguments: [Side.inside, .outside])
    func update(from side: Side) {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp(inside, 30000))
        call.answer(183, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        for port in [2, 4] {
            let (own, other) =
                side == .inside
                ? (sdp(inside, 30000 + port), sdp(outside, 20000)) : (sdp(outside, 20000 + port), sdp(inside, 30000))
            call.ask("UPDATE", from: side, body: own)
            call.answer(200, to: "UPDATE", from: side.other, body: other)
            bench.wait(33)
            #expect(bench.pairs == (side == .inside ? audio(30000 + port) : audio(30000, 20000 + port)))
            if port == 2 {
                call.answer(200, to: "INVITE", from: .outside)
                call.ask("ACK", from: .inside)
            }
        }
        call.hangUp(from: .inside)
        expectEnd()
    }

    @Test func `UPDATEs of several early dialogs have numbers of their own, and an old one changes nothing`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp(inside, 30000))
        let ports = ["one": 21000, "two": 22000]
        for (tag, port) in ports { call.answer(183, to: "INVITE", from: .outside, body: sdp(outside, port), tag: tag) }
        func update(_ tag: String, _ number: Int, to port: Int) {
            call.ends[0].cSeq = number - 1
            call.ask("UPDATE", from: .inside, body: sdp(inside, port), tag: tag)
            call.answer(200, to: "UPDATE", from: .outside, body: sdp(outside, ports[tag]!), tag: tag)
        }
        update("one", 3, to: 30002)
        update("one", 4, to: 30004)
        update("two", 3, to: 30006)
        update("one", 3, to: 30002)
        bench.wait(33)
        #expect(bench.pairs == audio(30004, 21000).union(audio(30006, 22000)))
    }

    @Test(
        "re-INVITE to other ports: old and new ones are open for as long as anything is repeated",
        arguments: [
            Side.inside, .outside,
        ])
    func otherPorts(from side: Side) {
        let call = SIPDialogue(bench)
        call.establish()
        let own = side == .inside ? sdp(inside, 30010) : sdp(outside, 20010)
        let other = side == .inside ? sdp(outside, 20000) : sdp(inside, 30000)
        call.ask("INVITE", from: side, body: own)
        #expect(bench.pairs == audio())
        call.answer(200, to: "INVITE", from: side.other, body: other)
        let new = side == .inside ? audio(30010) : audio(30000, 20010)
        #expect(bench.pairs == audio().union(new))
        call.ask("ACK", from: side)
        bench.wait(31)
        #expect(bench.pairs == audio().union(new))
        bench.wait(2)
        #expect(bench.pairs == new && bench.gateway.freeMediaPorts == free - 1)
        call.hangUp(from: side)
        expectEnd()
    }

    @Test("a re-INVITE that fails changes nothing, and its port is given back", arguments: [488, 491, 500, 401])
    func failedReinvite(code: Int) {
        let call = SIPDialogue(bench)
        call.establish()
        call.ask("INVITE", from: .inside, body: sdp(inside, 30010))
        #expect(bench.gateway.freeMediaPorts == free - 2)
        call.answer(code, to: "INVITE", from: .outside)
        call.ask("ACK", from: .inside)
        #expect(bench.pairs == audio())
        bench.wait(50)
        #expect(bench.pairs == audio() && bench.gateway.freeMediaPorts == free - 1)
        call.reinvite(from: .outside, offer: sdp(outside, 20020), answer: sdp(inside, 30000))
        bench.wait(50)
        #expect(bench.pairs == audio(30000, 20020))
        call.hangUp(from: .inside)
        expectEnd()
    }

    @Test func `glare: two offers at once, of which one or none is answered`() {
        let call = SIPDialogue(bench)
        call.establish()
        call.ask("INVITE", from: .inside, body: sdp(inside, 30010))
        call.ask("INVITE", from: .outside, body: sdp(outside, 20010))
        call.answer(491, to: "INVITE", from: .outside)
        call.answer(491, to: "INVITE", from: .inside)
        #expect(bench.pairs == audio())
        call.ask("INVITE", from: .inside, body: sdp(inside, 30010))
        call.ask("INVITE", from: .outside, body: sdp(outside, 20010))
        call.answer(491, to: "INVITE", from: .inside)
        call.answer(200, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        bench.wait(40)
        #expect(bench.pairs == audio(30010))
        call.hangUp(from: .inside)
        expectEnd()
    }

    @Test func `CANCEL: early media end with the call`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp(inside, 30000))
        call.answer(183, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        call.ask("CANCEL", from: .inside)
        call.answer(200, to: "CANCEL", from: .outside, number: 2)
        call.answer(487, to: "INVITE", from: .outside)
        #expect(bench.flows.isEmpty && bench.count(.callsFailed) == 1)
        call.ask("ACK", from: .inside)
        expectEnd()
    }

    @Test func `CANCEL that crosses the 2xx ends nothing; BYE does`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp(inside, 30000))
        let answer = call.response(200, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        call.ask("CANCEL", from: .inside)
        call.transmit(answer.text, from: .outside)
        call.answer(481, to: "CANCEL", from: .outside, number: 2)
        call.ends[0].peerTag = call.ends[1].tag
        #expect(bench.pairs == audio())
        call.ask("ACK", from: .inside)
        call.hangUp(from: .inside)
        expectEnd()
    }

    @Test(
        "a challenge or a redirection: the same Call-ID with a new INVITE, and with the same port",
        arguments: [
            401, 407, 302,
        ])
    func again(code: Int) {
        let call = SIPDialogue(bench)
        let port = call.ask("INVITE", from: .inside, body: sdp(inside, 30000))!.port()
        call.answer(code, to: "INVITE", from: .outside)
        call.ask("ACK", from: .inside)
        (call.ends[0].peerTag, call.ends[0].target) = (nil, nil)
        let again = call.ask("INVITE", from: .inside, body: sdp(inside, 30000), [("Authorization", "Digest x=\"y\"")])
        #expect(again?.port() == port && bench.gateway.counts.calls == 1)
        call.ends[1].tag = "second"
        call.answer(200, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        call.ask("ACK", from: .inside)
        #expect(bench.pairs == audio() && bench.count(.callsOpened) == 1)
        #expect(bench.count(.callsFailed) == (code == 302 ? 1 : 0))
        call.hangUp(from: .outside)
        expectEnd()
    }

    /// The same INVITE as a proxy outside sends it by another branch.
    private func fork(_ invite: SIPText, _ branch: String) -> SIPText {
        var fork = invite
        fork["Via"] = "SIP/2.0/UDP 198.51.100.9:5060;branch=z9hG4bK-\(branch);rport"
        return fork
    }

    @Test(
        "an INVITE that comes by two branches fails only with the second (RFC 3261 section 8.2.2.2)",
        arguments: [482, 486])
    func parallelForks(code: Int) {
        let call = SIPDialogue(bench)
        let invite = call.request("INVITE", from: .outside, body: sdp(outside, 20000))
        call.send(invite, from: .outside)
        call.send(fork(invite, "2"), from: .outside)
        call.answer(code, to: "INVITE", from: .inside)
        call.ask("ACK", from: .outside)
        call.send(invite, from: .outside)
        if code == 486 {
            call.answer(603, to: "INVITE", from: .inside)
            #expect(bench.count(.callsFailed) == 1)
        } else {
            call.answer(200, to: "INVITE", from: .inside, body: sdp(inside, 30000))
            call.ask("ACK", from: .outside)
            #expect(bench.pairs == audio() && bench.count(.callsFailed) == 0)
            call.hangUp(from: .outside)
        }
        expectEnd()
    }

    @Test func `an INVITE that a proxy brings to the same host again after a failure is answered, and heard`() {
        let call = SIPDialogue(bench)
        let invite = call.request("INVITE", from: .outside, body: sdp(outside, 20000))
        for branch in 0..<6 {
            call.send(fork(invite, "\(branch)"), from: .outside)
            call.answer(486, to: "INVITE", from: .inside)
            call.ask("ACK", from: .outside)
            #expect(bench.count(.callsFailed) == UInt64(branch) + 1)
            // Once more, because the response was lost: that begins nothing.
            call.send(fork(invite, "\(branch)"), from: .outside)
            call.answer(486, to: "INVITE", from: .inside)
            #expect(bench.count(.callsFailed) == UInt64(branch) + 1)
        }
        call.send(fork(invite, "last"), from: .outside)
        call.answer(200, to: "INVITE", from: .inside, body: sdp(inside, 30000))
        call.ask("ACK", from: .outside)
        #expect(bench.pairs == audio())
        call.hangUp(from: .inside)
        expectEnd()
    }

    @Test func `an INVITE that nobody answers ends by itself`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp(inside, 30000))
        call.answer(183, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        bench.wait(190)
        #expect(bench.gateway.counts.calls == 1)
        bench.wait(20)
        #expect(bench.count(.callsFailed) == 1)
        expectEnd()
    }

    @Test func `an announcement before the answer may be longer than timer C`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp(inside, 30000))
        call.answer(183, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        bench.talks = true
        bench.wait(400)
        #expect(bench.pairs == audio())
        call.answer(200, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        call.ask("ACK", from: .inside)
        bench.wait(400)
        #expect(bench.pairs == audio() && bench.count(.callsConfirmed) == 1)
        call.hangUp(from: .inside)
        expectEnd()
    }

    @Test func `a late offer is what the 2xx says, whatever an unreliable response before it has said`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside)
        call.answer(183, to: "INVITE", from: .outside, body: sdp(outside, 22000))
        call.answer(200, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        call.repeatLast()
        call.ask("ACK", from: .inside, body: sdp(inside, 30000))
        #expect(bench.pairs == audio())
        call.hangUp(from: .inside)
        expectEnd()
    }

    // MARK: Tags

    @Test func `2.13 item 18: early media by a response without a tag go on with the 2xx that has one (RFC 2543)`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp(inside, 30000))
        let early = call.response(183, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        call.transmit(early.text.replacing(";tag=out-call-1", with: ""), from: .outside)
        #expect(bench.pairs == audio())
        call.answer(200, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        call.ask("ACK", from: .inside)
        bench.talks = true
        bench.wait(60)
        #expect(bench.pairs == audio())
        call.reinvite(from: .outside, offer: sdp(outside, 20002), answer: sdp(inside, 30000))
        bench.wait(60)
        #expect(bench.pairs == audio(30000, 20002))
        call.hangUp(from: .outside)
        expectEnd()
    }

    @Test func `a call whose ends have no tags at all (RFC 2543) is followed from its beginning to its end`() {
        let call = SIPDialogue(bench)
        func send(_ message: SIPText, from side: Side) {
            let text = message.text.replacing(";tag=in-call-1", with: "").replacing(";tag=out-call-1", with: "")
            if message.code == nil {
                call.send(SIPText(text), from: side)
            } else {
                call.transmit(text, from: side)
            }
        }
        send(call.request("INVITE", from: .inside, body: sdp(inside, 30000)), from: .inside)
        send(call.response(200, to: "INVITE", from: .outside, body: sdp(outside, 20000)), from: .outside)
        send(call.request("ACK", from: .inside), from: .inside)
        bench.talks = true
        bench.wait(60)
        #expect(bench.pairs == audio())
        send(call.request("INVITE", from: .outside, body: sdp(outside, 20002)), from: .outside)
        send(call.response(200, to: "INVITE", from: .inside, body: sdp(inside, 30000)), from: .inside)
        bench.wait(60)
        #expect(bench.pairs == audio(30000, 20002))
        send(call.request("BYE", from: .inside), from: .inside)
        bench.wait(1)
        expectEnd()
    }

    // MARK: BYE

    @Test func `2.2 item 14: BYE closes running media, within a second also when nobody answers it`() {
        let call = SIPDialogue(bench)
        call.establish()
        bench.talks = true
        call.ask("BYE", from: .inside)
        #expect(bench.pairs == audio())
        bench.wait(1)
        expectEnd()
    }

    @Test func `a BYE that is challenged ends nothing; the one with credentials does`() {
        let call = SIPDialogue(bench)
        call.establish()
        bench.talks = true
        call.ask("BYE", from: .inside)
        call.answer(407, to: "BYE", from: .outside)
        bench.wait(100)
        #expect(bench.pairs == audio())
        call.hangUp(from: .inside)
        expectEnd()
    }

    @Test func `a lost BYE: silent media end the call, and talking ones do not`() {
        let call = SIPDialogue(bench)
        call.establish()
        bench.talks = true
        bench.wait(2 * 86_400)
        #expect(bench.pairs == audio())
        bench.talks = false
        bench.wait(290)
        #expect(bench.pairs == audio())
        bench.wait(30)
        #expect(bench.count(.callsLost) == 1)
        expectEnd()
    }

    @Test func `a lost BYE of a held call: only after a day`() {
        let call = SIPDialogue(bench)
        call.establish(attributes: "a=inactive")
        bench.wait(86_000)
        #expect(bench.pairs == audio())
        bench.wait(500)
        #expect(bench.count(.callsLost) == 1)
        expectEnd()
    }

    @Test("a caller who has but one Call-ID is heard in the next call, too", arguments: [Side.inside, .outside])
    func sameCallID(from side: Side) {
        for number in 0..<3 {
            let call = SIPDialogue(bench)
            call.branchPrefix = "\(number)"
            call.establish(from: side)
            #expect(bench.pairs == audio())
            call.ask("BYE", from: side)
            if number == 0 {
                call.answer(401, to: "BYE", from: side.other)
                call.ask("BYE", from: side)
            }
            call.answer(200, to: "BYE", from: side.other)
            #expect(bench.flows.isEmpty && bench.count(.callsEnded) == UInt64(number) + 1)
        }
        expectEnd()
    }

    @Test func `what is repeated after the end opens nothing`() {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp(inside, 30000))
        let invite = call.lastSent
        call.answer(200, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        let response = call.lastSent
        call.ask("ACK", from: .inside)
        call.hangUp(from: .inside)
        for _ in 0..<2 {
            bench.send(invite, from: SIPBench.phone, to: SIPBench.server)
            bench.send(response, from: SIPBench.server, to: call.translated)
            #expect(bench.flows.isEmpty)
        }
        expectEnd()
    }

    @Test func `session timers: a refresh by the same description changes nothing`() {
        let call = SIPDialogue(bench)
        call.establish()
        let number = bench.flows.values.map(\.number).sorted()
        for side in [Side.inside, .outside, .inside] {
            let (own, other) =
                side == .inside ? (sdp(inside, 30000), sdp(outside, 20000)) : (sdp(outside, 20000), sdp(inside, 30000))
            call.reinvite(from: side, offer: own, answer: other)
            bench.wait(100)
            #expect(bench.flows.values.map(\.number).sorted() == number)
        }
        call.ask("UPDATE", from: .outside)
        call.answer(200, to: "UPDATE", from: .inside)
        #expect(bench.flows.values.map(\.number).sorted() == number)
    }

    // MARK: Identity

    @Test func `2.13 item 16, 2.2 item 15: a Contact port that changes in mid-dialog`() {
        let call = SIPDialogue(bench)
        call.establish()
        call.ends[0].contact = "sip:alice@192.168.1.10:50601"
        call.reinvite(from: .inside, offer: sdp(inside, 30000), answer: sdp(outside, 20000))
        let target = call.ends[1].target!
        #expect(target.hasPrefix("sip:alice@203.0.113.7:") && target != "sip:alice@\(call.translated)")
        bench.talks = true
        bench.wait(4000)
        // The other side's T.38 offer goes to the new port.
        let request = call.request("INVITE", from: .outside, body: sdp(outside, 20000))
        let arrivals = bench.send(request.text, from: SIPBench.server, to: Endpoint(target.dropFirst(10))!)
        #expect(arrivals.first?.destination == Endpoint("192.168.1.10:50601")!)
        #expect(arrivals.first?.message.requestURI == "sip:alice@192.168.1.10:50601")
    }

    @Test func `a binding lasts as long as a call that it began`() {
        let call = SIPDialogue(bench)
        call.establish()
        let translated = call.translated
        bench.talks = true
        bench.wait(4000)
        #expect(call.ask("BYE", from: .outside) != nil && call.translated == translated)
        call.answer(200, to: "BYE", from: .inside)
        expectEnd()
        bench.wait(300)
        #expect(bench.gateway.counts.bindings == 0)
    }

    @Test func `2.13 item 20, 2.2 item 8: a thousand calls on one trunk do not know of each other`() {
        let bench = SIPBench(.init(bindings: 4, registrations: 4, calls: 1100, media: 4096), ports: 40000...49999)
        let free = bench.gateway.freeMediaPorts
        let calls = (0..<1000).map { SIPDialogue(bench, callID: "\($0)-trunk") }
        // All of them at once in every state.
        for (number, call) in calls.enumerated() {
            call.ask("INVITE", from: .inside, body: sdp(inside, 10000 + 2 * number))
        }
        for (number, call) in calls.enumerated() {
            call.answer(200, to: "INVITE", from: .outside, body: sdp(outside, 20000 + 2 * number))
        }
        for call in calls { call.ask("ACK", from: .inside) }
        #expect(bench.flows.count == 2000 && bench.gateway.counts.calls == 1000)
        #expect(free - bench.gateway.freeMediaPorts == 1000)
        var expected: Set<String> = []
        for number in calls.indices where number % 3 == 0 {
            expected.formUnion(audio(10000 + 2 * number, 20000 + 2 * number))
        }
        for (number, call) in calls.enumerated() where number % 3 != 0 {
            call.hangUp(from: number % 3 == 1 ? .inside : .outside)
        }
        #expect(bench.pairs == expected)
        for (number, call) in calls.enumerated() where number % 3 == 0 { call.hangUp(from: .inside) }
        bench.wait(40)
        bench.expectNothingLeft(ports: free)
    }

    @Test func `2.2 items 9, 10: one caller's calls in set-up are bounded by the tables alone`() {
        let bench = SIPBench(.init(bindings: 4, registrations: 4, calls: 300, media: 1000), ports: 40000...49999)
        for number in 0..<300 {
            let call = SIPDialogue(bench, callID: "\(number)x")
            #expect(call.ask("INVITE", from: .inside, body: sdp(inside, 10000 + 2 * number)) != nil)
        }
        #expect(bench.gateway.counts.calls == 300)
    }

    @Test func `transfer: REFER, NOTIFY, and an INVITE that replaces the call`() {
        let call = SIPDialogue(bench)
        call.establish()
        let refer = call.ask(
            "REFER", from: .outside,
            [("Refer-To", "<sip:carol@192.0.2.7:5060?Replaces=call-1%40example.com%3Bto-tag%3Dx%3Bfrom-tag%3Dy>")])
        #expect(refer?["Refer-To"]?.contains("?Replaces=call-1%40example.com") == true)
        call.answer(202, to: "REFER", from: .inside)
        let body = "SIP/2.0 100 Trying\r\n"
        #expect(call.ask("NOTIFY", from: .inside, body: body, type: "message/sipfrag")?.body == body)
        call.answer(200, to: "NOTIFY", from: .outside)
        let carol = SIPDialogue(bench, callID: "2", outside: Endpoint("192.0.2.7:5060")!)
        let replaces = "call-1@example.com;to-tag=x;from-tag=y"
        let invite = carol.ask("INVITE", from: .inside, body: sdp(inside, 30010), [("Replaces", replaces)])
        #expect(invite?["Replaces"] == replaces)
        carol.answer(200, to: "INVITE", from: .outside, body: sdp("192.0.2.7", 20000))
        carol.ask("ACK", from: .inside)
        call.hangUp(from: .outside)
        #expect(bench.pairs == audio(30010, 20000, from: "192.0.2.7"))
        carol.hangUp(from: .inside)
        expectEnd()
    }

    @Test func `unknown methods in and out of a call`() {
        let call = SIPDialogue(bench)
        call.establish()
        for side in [Side.inside, .outside] {
            #expect(call.ask("FROB", from: side, body: "x", type: "text/plain")?.body == "x")
            call.answer(200, to: "FROB", from: side.other)
        }
        #expect(bench.pairs == audio())
    }

    @Test func `every datagram of a call that is sent once more arrives as it did`() {
        let call = SIPDialogue(bench)
        var datagrams: [([UInt8], Endpoint, Endpoint, [String])] = []
        func keep(_ side: Side) {
            let destination = side == .inside ? SIPBench.server : call.translated
            datagrams.append(
                (call.lastSent, call.ends[Int(side.rawValue)].endpoint, destination, call.lastArrivals.map(\.text)))
        }
        call.ask("INVITE", from: .inside, body: sdp(inside, 30000))
        keep(.inside)
        call.answer(183, to: "INVITE", from: .outside, body: sdp(outside, 20000))
        keep(.outside)
        call.answer(200, to: "INVITE", from: .outside, body: sdp(outside, 20002))
        keep(.outside)
        call.ask("ACK", from: .inside)
        keep(.inside)
        call.ask("INVITE", from: .inside, body: sdp(inside, 30010))
        keep(.inside)
        call.answer(200, to: "INVITE", from: .outside, body: sdp(outside, 20010))
        keep(.outside)
        call.ask("ACK", from: .inside)
        keep(.inside)
        call.ask("INVITE", from: .outside, body: sdp(outside, 20020))
        keep(.outside)
        call.answer(200, to: "INVITE", from: .inside, body: sdp(inside, 30010))
        keep(.inside)
        let flows = bench.pairs
        for (data, source, destination, arrived) in datagrams.reversed() + datagrams {
            #expect(bench.send(data, from: source, to: destination).map(\.text) == arrived)
            #expect(bench.pairs == flows)
        }
    }
}
