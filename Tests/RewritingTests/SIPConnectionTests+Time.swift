import Rewriting
import Testing
import WireFormats

/// How long a connection, its registrations and its calls last.
extension SIPConnectionTests {
    @Test func `a registration keeps its connection from being forgotten, and no longer`() {
        var settings = SIPSettings()
        settings.connection = ConnectionTimes(keepalive: 45 * Bench.second, idle: 100 * Bench.second)
        let bench = Bench.openSIP(settings: settings)
        bench.say(.inside, register())
        bench.say(.outside, registered(bench))
        bench.acknowledges = false
        bench.wait(500)
        #expect(bench.gateway.conversationCount == 1 && bench.count(.registrationsEnded) == 0)
        bench.wait(500)
        #expect(bench.gateway.conversationCount == 0 && bench.count(.registrationsEnded) == 1)
        #expect(bench.gateway.sip.counts.bindings == 0)
    }

    @Test func `RFC 5626 4.4.1: a connection gets keep-alives by SIP's own times, and lasts as long as its ends`() {
        let bench = Bench.openSIP()
        #expect(bench.wait(94).isEmpty)
        #expect(bench.wait(2).count == 2 && bench.count(.keepalives) == 1)
        for side in [Side.inside, .outside] { bench.send(bench.segment(side)) }
        bench.wait(850)
        #expect(bench.gateway.conversationCount == 1 && bench.count(.keepalives) == 9)
        bench.send(bench.segment(.inside))
        // The server does not answer any more.
        bench.wait(100)
        #expect(bench.gateway.conversationCount == 0 && bench.count(.conversationsTimedOut) == 1)
    }

    @Test func `a registration ends when the registrar says so, and with its connection`() {
        let bench = Bench.openSIP()
        bench.say(.inside, register())
        bench.say(.outside, registered(bench))
        bench.say(.inside, register(expires: 0))
        bench.say(.outside, registered(bench, expires: 0))
        #expect(bench.count(.registrationsEnded) == 1)
        bench.say(.inside, register())
        bench.say(.outside, registered(bench))
        bench.send(bench.segment(.inside, flags: .rst))
        #expect(bench.count(.registrationsEnded) == 2 && bench.gateway.sip.counts.bindings == 0)
    }

    @Test func `a call outlives its connection, and is ended by time`() {
        let bench = Bench.openSIP()
        bench.say(.inside, invite())
        bench.say(.outside, answered(bench))
        bench.send(bench.segment(.inside, flags: .rst))
        bench.wait(250)
        #expect(bench.gateway.conversationCount == 0 && bench.gateway.sip.counts.calls == 1)
        #expect(bench.media.count == 2 && bench.gateway.sip.counts.bindings == 1)
        bench.mediaAreAlive = false
        bench.wait(400)
        #expect(bench.media.isEmpty && bench.gateway.sip.counts.calls == 0 && bench.gateway.sip.counts.bindings == 0)
    }

    @Test func `without room for a connection its SYN is dropped`() {
        let bench = Bench.openSIP(bindings: 1)
        bench.client.endpoint.port = 40002
        let sent = bench.send(bench.segment(.inside, flags: .syn))
        #expect(sent.isEmpty && bench.count(.dropTableFull) == 1 && bench.gateway.conversationCount == 1)
    }
}
