import Rewriting
import Testing
import WireFormats

/// Two phones behind the gateway: connected by a server outside, or by what one has learned of the other's public endpoint.
@Suite struct SIPHairpinTests {
    private static let other = SIPBench.otherPhone

    private static func bench(_ localMedia: SIPSettings.LocalMedia) -> SIPBench {
        var settings = SIPSettings()
        settings.localMedia = localMedia
        return SIPBench(settings: settings)
    }

    /// The server connects both, and copies their descriptions; what each is told of the other.
    private func connect(_ bench: SIPBench) -> (callee: SIPText, caller: SIPText) {
        let (first, second) = (SIPDialogue(bench, callID: "a"), SIPDialogue(bench, callID: "b", inside: Self.other))
        let offer = first.ask("INVITE", from: .inside, body: sdp("192.168.1.10", 30000))!
        let offered = second.ask("INVITE", from: .outside, body: offer.body)!
        let answer = second.answer(200, to: "INVITE", from: .inside, body: sdp("192.168.1.11", 31000))!
        let answered = first.answer(200, to: "INVITE", from: .outside, body: answer.body)!
        first.ask("ACK", from: .inside)
        second.ask("ACK", from: .outside)
        return (offered, answered)
    }

    @Test func `phones inside that a server connects are told each other's inside addresses`() {
        let bench = Self.bench(.direct)
        let told = connect(bench)
        #expect(told.callee.line("c=") == "c=IN IP4 192.168.1.10" && told.callee.port() == 30000)
        #expect(told.caller.line("c=") == "c=IN IP4 192.168.1.11" && told.caller.port() == 31000)
        #expect(bench.flows.isEmpty)
    }

    @Test func `by hairpin they keep each other's public endpoints, and each has flows to the other's`() {
        let bench = Self.bench(.hairpin)
        let told = connect(bench)
        #expect([told.callee, told.caller].allSatisfy { $0.line("c=") == "c=IN IP4 203.0.113.7" })
        let first = Endpoint(SIPBench.publicAddress, told.callee.port()!)
        let second = Endpoint(SIPBench.publicAddress, told.caller.port()!)
        #expect(bench.gateway.media(at: first) == Endpoint("192.168.1.10:30000"))
        #expect(bench.gateway.media(at: second) == Endpoint("192.168.1.11:31000"))
        let media = bench.flows.values.filter { !$0.isControl }
        #expect(
            Set(media.map { "\($0.inside) \($0.translated) \($0.outside)" }) == [
                "192.168.1.10:30000 \(first) \(second)", "192.168.1.11:31000 \(second) \(first)",
            ])
        #expect(bench.flows.count == 4)
    }

    @Test func `REQ-9 of RFC 4787: what one phone sends to the other's public endpoint comes from its own public one`()
    {
        let bench = SIPBench()
        let call = SIPDialogue(bench)
        let (own, other) = (call.translated, bench.translated(Self.other))
        // The Contact of the other is what a response has said.
        call.ends[0].target = "sip:bob@\(other)"
        let request = call.request("MESSAGE", from: .inside)
        let out = bench.send(request.text, from: SIPBench.phone, to: other)[0]
        #expect(out.source == own && out.destination == other)
        let back = bench.send(out.data, from: out.source, to: out.destination)[0]
        #expect(back.source == own && back.destination == Self.other)
        #expect(back.message.requestURI == "sip:bob@\(Self.other)")
        #expect(back.message["Via"] == request["Via"]!.replacing("\(SIPBench.phone)", with: "\(own)"))
        #expect(back.message["Contact"] == "<sip:alice@\(own)>")
        // And the response, which goes to where the request seems to have come from.
        let fields = ["Via", "From", "To", "Call-ID", "CSeq"].map { ($0, back.message[$0]!) }
        let response = SIPText("SIP/2.0 200 OK", fields)
        let answered = bench.send(response.text, from: Self.other, to: own)[0]
        let arrived = bench.send(answered.data, from: answered.source, to: answered.destination)[0]
        #expect(arrived.source == other && arrived.destination == SIPBench.phone)
        #expect(arrived.message["Via"] == request["Via"])
    }
}
