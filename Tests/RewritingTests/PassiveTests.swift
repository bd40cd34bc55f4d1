import Rewriting
import Testing

/// Replies that announce where the server waits: believed only from whom, and when, they were asked for.
@Suite struct PassiveTests {
    @Test(arguments: [
        ("PASV", "227 Entering Passive Mode (198,51,100,9,20,1)"), ("PASV", "227 =198,51,100,9,20,1"),
        ("EPSV", "229 Entering Extended Passive Mode (|||5121|)"),
    ])
    func `the answer to PASV and EPSV opens a pinhole for the client, and stays as it is`(
        _ command: String, _ reply: String
    ) {
        let bench = Bench.open()
        #expect(bench.exchange(command, reply) == reply + "\r\n")
        #expect(bench.pinholes.count == 1)
        let data = bench.gateway.data(bench.pinholes[0])
        #expect(data.outside == .init(bench.server.endpoint.address, 5121))
        #expect(data.inside.address == bench.client.endpoint.address && data.opener == .inside)
    }

    @Test func `a 227 that nobody asked for opens nothing`() {
        let bench = Bench.open()
        bench.say(.outside, "227 Entering Passive Mode (198,51,100,9,20,1)\r\n")
        #expect(bench.client.text == "227 Entering Passive Mode (198,51,100,9,20,1)\r\n")
        #expect(bench.count(.unsolicitedPassive) == 1 && bench.count(.unsolicitedReplies) == 1)
        #expect(bench.pinholes.isEmpty)
        bench.exchange("PASV", "227 Ok (198,51,100,9,20,1)")
        #expect(bench.pinholes.count == 1)
    }

    @Test func `a 227 in answer to another command opens nothing`() {
        let bench = Bench.open()
        bench.exchange("SYST", "227 Ok (198,51,100,9,20,1)")
        #expect(bench.count(.unsolicitedPassive) == 1)
        #expect(bench.pinholes.isEmpty)
    }

    @Test func `a 227 that names another host opens nothing`() {
        let bench = Bench.open()
        #expect(bench.exchange("PASV", "227 Ok (192,0,2,1,20,1)") == "227 Ok (192,0,2,1,20,1)\r\n")
        #expect(bench.count(.passiveElsewhere) == 1)
        #expect(bench.pinholes.isEmpty)
    }

    @Test(arguments: ["227 Ok (198,51,100,9,0,22)", "227 Ok (198,51,100,9,300,1)", "227 Ok"])
    func `a 227 with a port below 1024 or none opens nothing`(_ reply: String) {
        let bench = Bench.open()
        #expect(bench.exchange("PASV", reply) == reply + "\r\n")
        #expect(bench.count(.passiveElsewhere) + bench.count(.passiveMalformed) == 1)
        #expect(bench.pinholes.isEmpty)
    }

    @Test func `in a reply of several lines only the last counts`() {
        let bench = Bench.open()
        bench.exchange("FEAT", "211-Features\r\n227 Entering Passive Mode (198,51,100,9,20,1)\r\n211 End")
        #expect(bench.pinholes.isEmpty && bench.count(.unsolicitedPassive) == 0)
        bench.exchange("PASV", "227-Wait\r\n229 (|||6000|)\r\n227 Ok (198,51,100,9,20,1)")
        #expect(bench.pinholes.count == 1)
        #expect(bench.gateway.data(bench.pinholes[0]).outside.port == 5121)
    }

    @Test func `replies are matched with pipelined commands in their order`() {
        let bench = Bench.open()
        bench.say(.inside, "PASV\r\nPORT 10,0,0,5,4,1\r\nEPSV\r\nNOOP\r\n")
        bench.say(.outside, "227 Ok (198,51,100,9,20,1)\r\n500 no\r\n229 Ok (|||5122|)\r\n200 ok\r\n")
        #expect(bench.gateway.dataCount == 1)
        #expect(bench.pinholes.map { bench.gateway.data($0).outside.port } == [5122])
        #expect(bench.count(.pinholesOpened) == 2 && bench.count(.pinholesClosed) == 1)
    }

    @Test func `after AUTH TLS nothing is read, and after a refusal everything`() {
        let bench = Bench.open()
        bench.exchange("AUTH TLS", "502 no")
        bench.exchange("PASV", "227 Ok (198,51,100,9,20,1)")
        #expect(bench.pinholes.count == 1)
        bench.exchange("AUTH TLS", "234 yes")
        let hello: [UInt8] = [22, 3, 1, 0, 8] + Array("PORT 1\r\n".utf8)
        bench.say(.inside, hello)
        #expect(bench.server.read.suffix(13).elementsEqual(hello))
        #expect(bench.count(.tlsStarted) == 1 && bench.count(.refusedSyntax) == 0)
    }
}
