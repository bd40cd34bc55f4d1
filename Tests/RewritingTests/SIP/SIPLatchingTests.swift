import Rewriting
import Testing
import WireFormats

/// Latching (RFC 7362): media of a far end behind a NAT of its own.
@Suite struct SIPLatchingTests {
    /// A call from inside that is answered with media at an endpoint outside, and the public endpoint of its media.
    private func call(
        _ bench: SIPBench, answeredBy address: String, _ port: Int = 20000, _ attributes: String = "a=x"
    ) -> (call: SIPDialogue, translated: Endpoint) {
        let call = SIPDialogue(bench)
        call.ask("INVITE", from: .inside, body: sdp("192.168.1.10", 30000))
        call.answer(200, to: "INVITE", from: .outside, body: sdp(address, port, attributes))
        return (call, bench.flows.values.first { !$0.isControl }!.translated)
    }

    private func bench(_ latching: SIPSettings.Latching = .auto) -> SIPBench {
        var settings = SIPSettings()
        settings.latching = latching
        return SIPBench(settings: settings)
    }

    private func latched(_ bench: SIPBench) -> Set<String> {
        Set(bench.flows.values.filter { !$0.isControl }.map { "\($0.outside) \($0.latched)" })
    }

    @Test func `section 4: media of a private address may come from the host that has sent the description, once`() {
        let bench = bench()
        let (_, translated) = call(bench, answeredBy: "10.9.9.9")
        #expect(bench.expected == [translated.port, translated.port + 1])
        #expect(!bench.stray(from: "198.51.100.77:41000", to: translated), "nobody that the call knows")
        #expect(latched(bench) == ["10.9.9.9:20000 10.9.9.9:20000"])
        #expect(bench.stray(from: "198.51.100.9:41000", to: translated))
        #expect(latched(bench) == ["10.9.9.9:20000 198.51.100.9:41000"])
        #expect(!bench.stray(from: "198.51.100.9:42000", to: translated), "a second one")
        #expect(bench.expected == [translated.port + 1], "RTCP is latched by itself")
        #expect(bench.count(.mediaLatched) == 1)
    }

    @Test func `section 4: or from another port of the announced host`() {
        let bench = bench()
        let (_, translated) = call(bench, answeredBy: "10.9.9.9")
        #expect(bench.stray(from: "10.9.9.9:20002", to: translated))
        #expect(latched(bench) == ["10.9.9.9:20000 10.9.9.9:20002"])
    }

    @Test func `where both are public nothing is awaited, unless it is always`() {
        let automatic = bench()
        _ = call(automatic, answeredBy: "198.51.100.50")
        #expect(automatic.expected.isEmpty)
        let always = bench(.always)
        let (_, translated) = call(always, answeredBy: "198.51.100.50")
        #expect(always.stray(from: "198.51.100.50:1024", to: translated))
        let off = bench(.off)
        _ = call(off, answeredBy: "10.9.9.9")
        #expect(off.expected.isEmpty)
    }

    @Test func `where the far end has candidates, ICE finds the way`() {
        let bench = bench()
        _ = call(bench, answeredBy: "10.9.9.9", 20000, "a=candidate:1 1 UDP 1 10.9.9.9 20000 typ host")
        #expect(bench.expected.isEmpty)
    }

    @Test func `section 5: what is not RTP does not begin`() {
        let bench = bench()
        let (_, translated) = call(bench, answeredBy: "10.9.9.9")
        for data: [UInt8] in [[], [0], [0x40, 1], [0xC0]] {
            #expect(!bench.stray(data, from: "198.51.100.9:41000", to: translated))
        }
    }

    @Test func `media that come from where they are expected end the wait`() {
        let bench = bench()
        let (_, translated) = call(bench, answeredBy: "10.9.9.9")
        for (slot, leg) in bench.flows { bench.heard(slot, leg) }
        #expect(bench.expected.isEmpty)
        #expect(!bench.stray(from: "198.51.100.9:41000", to: translated))
    }

    @Test func `each offer and answer lets a leg be latched anew`() {
        let bench = bench()
        let (call, translated) = call(bench, answeredBy: "10.9.9.9")
        #expect(bench.stray(from: "198.51.100.9:41000", to: translated))
        call.ask("ACK", from: .inside)
        call.ask("INVITE", from: .inside, body: sdp("192.168.1.10", 30000))
        call.answer(200, to: "INVITE", from: .outside, body: sdp("10.9.9.9", 20000))
        #expect(bench.stray(from: "198.51.100.9:43000", to: translated))
        #expect(latched(bench) == ["10.9.9.9:20000 198.51.100.9:43000"])
    }

    @Test func `nothing is awaited any more when the call has ended`() {
        let bench = bench()
        let ports = bench.gateway.freeMediaPorts
        let (call, _) = call(bench, answeredBy: "10.9.9.9")
        call.ask("ACK", from: .inside)
        call.ask("BYE", from: .inside)
        call.answer(200, to: "BYE", from: .outside)
        bench.wait(40)
        bench.expectNothingLeft(ports: ports)
    }
}
