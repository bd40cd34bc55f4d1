import Rewriting
import Testing
import WireFormats

/// The life of a data connection: announced, open, used, over; tied to its conversation.
@Suite struct DataConnectionTests {
    private let port = "PORT 10,0,0,5,4,1"

    @Test func `a pinhole opens only when the reply says that it will be used`() {
        let bench = Bench.open()
        bench.say(.inside, port + "\r\n")
        #expect(bench.pinholes.isEmpty && bench.gateway.dataCount == 1)
        bench.say(.outside, "200 ok\r\n")
        #expect(bench.pinholes.count == 1)
        let data = bench.gateway.data(bench.pinholes[0])
        #expect(data.inside == Endpoint("10.0.0.5:1025") && data.outside.address == bench.server.endpoint.address)
        #expect(data.opener == .outside && data.translated.address == Bench.publicAddress)
        #expect(bench.server.text == "PORT 203,0,113,7,\(data.translated.port / 256),\(data.translated.port % 256)\r\n")
    }

    @Test func `a negative reply gives the announcement up`() {
        let bench = Bench.open()
        let free = bench.gateway.freePorts
        bench.exchange(port, "500 no")
        #expect(bench.pinholes.isEmpty && bench.gateway.dataCount == 0 && bench.gateway.freePorts == free)
    }

    @Test func `a newer pinhole shuts an unused older one`() {
        let bench = Bench.open()
        bench.exchange(port, "200 ok")
        let first = bench.gateway.data(bench.pinholes[0]).translated
        bench.exchange(port, "200 ok")
        #expect(bench.pinholes.count == 1 && bench.gateway.dataCount == 1)
        #expect(bench.gateway.data(bench.pinholes[0]).translated != first)
        #expect(bench.count(.pinholesClosed) == 1)
    }

    @Test func `a slot used again is not mistaken for the one before it`() {
        let bench = Bench.open()
        bench.exchange(port, "200 ok")
        bench.wait(70)
        #expect(bench.count(.pinholesExpired) == 1 && bench.gateway.dataCount == 0)
        bench.exchange(port, "200 ok")
        let data = bench.gateway.data(bench.pinholes[0])
        #expect(data.phase == .open && data.translated.address == Bench.publicAddress)
        #expect(bench.gateway.dataCount == 1)
    }

    @Test func `a pinhole shuts by itself after its time`() {
        var settings = Settings()
        settings.pinhole = 10 * Bench.second
        let bench = Bench.open(settings: settings)
        bench.exchange(port, "200 ok")
        bench.wait(9)
        #expect(bench.pinholes.count == 1)
        bench.wait(4)
        #expect(bench.pinholes.isEmpty && bench.gateway.dataCount == 0 && bench.count(.pinholesExpired) == 1)
    }

    @Test func `a reset of the conversation shuts its pinhole`() {
        let bench = Bench.open()
        bench.exchange(port, "200 ok")
        bench.say(.inside, "PASV\r\n")
        bench.say(.outside, [], flags: TCPFlags.rst.with(.ack))
        #expect(bench.pinholes.isEmpty && bench.gateway.dataCount == 0)
    }

    @Test func `silence of the conversation shuts what it announced`() {
        var settings = Settings()
        settings.connection.idle = 30 * Bench.second
        settings.pinhole = 600 * Bench.second
        let bench = Bench.open(settings: settings)
        bench.acknowledges = false
        bench.exchange(port, "200 ok")
        bench.wait(40)
        #expect(bench.count(.conversationsTimedOut) == 1)
        #expect(bench.pinholes.isEmpty && bench.gateway.dataCount == 0 && bench.gateway.freePorts == 100)
    }

    @Test func `a used pinhole becomes a flow that outlives its conversation`() {
        let bench = Bench.open()
        bench.exchange(port, "200 ok")
        let slot = bench.pinholes[0]
        bench.uses[slot] = 20
        bench.flows[slot] = (bench.now, false)
        bench.wait(3)
        #expect(bench.gateway.data(slot).phase == .flowing && bench.gateway.data(slot).outside.port == 20)
        #expect(bench.count(.pinholesUsed) == 1 && bench.pinholes.isEmpty)
        bench.say(.inside, [], flags: TCPFlags.rst.with(.ack))
        bench.wait(300)
        #expect(bench.gateway.conversationCount == 0 && bench.gateway.dataCount == 1)
        bench.flows[slot] = (bench.now, true)
        bench.wait(300)
        #expect(bench.gateway.dataCount == 0 && bench.count(.flowsEnded) == 1 && bench.gateway.freePorts == 100)
    }

    @Test func `a conversation lives as long as its data`() {
        var settings = Settings()
        settings.connection.idle = 60 * Bench.second
        let bench = Bench.open(settings: settings)
        bench.exchange(port, "200 ok")
        let slot = bench.pinholes[0]
        bench.uses[slot] = 20
        bench.flows[slot] = (bench.now, false)
        bench.wait(1000)
        #expect(bench.gateway.conversationCount == 1 && bench.count(.conversationsTimedOut) == 0)
        bench.flows[slot] = (bench.now, true)
        bench.wait(1000)
        #expect(bench.gateway.conversationCount == 0 && bench.count(.conversationsTimedOut) == 1)
    }

    @Test func `no two live announcements share a public port`() {
        let bench = Bench.open(.init(conversations: 4, data: 64), ports: 40000...40031)
        bench.say(.inside, String(repeating: port + "\r\n", count: 31))
        let lines = bench.server.text.split(separator: "\r\n")
        #expect(lines.count == 31 && Set(lines).count == 31)
        #expect(bench.gateway.freePorts == 0)
        #expect(!lines.contains("PORT 203,0,113,7,\(bench.translated.port / 256),\(bench.translated.port % 256)"))
    }

    @Test(arguments: [
        ("EPRT |1|10.0.0.5|1025|", "|"), ("EPRT !1!10.0.0.5!1025!", "!"), ("eprt x1x10.0.0.5x1025x", "x"),
    ])
    func `EPRT keeps its delimiter`(_ command: String, _ delimiter: String) {
        let bench = Bench.open()
        bench.exchange(command, "200 ok")
        let port = bench.gateway.data(bench.pinholes[0]).translated.port
        let argument = ["", "1", "203.0.113.7", "\(port)", ""].joined(separator: delimiter)
        #expect(bench.server.text == "\(command.prefix(4)) \(argument)\r\n")
    }
}
