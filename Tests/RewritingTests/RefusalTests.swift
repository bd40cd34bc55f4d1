import Rewriting
import Testing

/// Commands that are kept from the server: each has its reply and its counter, and the conversation goes on.
@Suite struct RefusalTests {
    struct Case: CustomTestStringConvertible {
        let command: String
        let counter: Counter
        let reply: String

        var testDescription: String { command.prefix(30) + " counts as \(counter)" }
    }

    static let cases = [
        Case(command: "PORT 10,9,9,9,4,1", counter: .refusedAddress, reply: "504"),
        Case(command: "EPRT |1|192.0.2.1|5000|", counter: .refusedAddress, reply: "504"),
        Case(command: "PORT 10,0,0,5,0,22", counter: .refusedPort, reply: "504"),
        Case(command: "PORT 10,0,0,5,3,255", counter: .refusedPort, reply: "504"),
        Case(command: "EPRT |1|10.0.0.5|1023|", counter: .refusedPort, reply: "504"),
        Case(command: "PORT 10,0,0,5,256,22", counter: .refusedSyntax, reply: "501"),
        Case(command: "PORT", counter: .refusedSyntax, reply: "501"),
        Case(command: "EPRT |1|10.0.0.5|70000|", counter: .refusedSyntax, reply: "501"),
        Case(command: "EPRT |2|::1|5000|", counter: .refusedFamily, reply: "522"),
        Case(command: "LPRT 4,4,10,0,0,5,2,4,1", counter: .refusedLongPort, reply: "502"),
        Case(command: "PORT " + String(repeating: "1", count: 1100), counter: .refusedLength, reply: "500"),
        Case(command: "PORT " + String(repeating: "1", count: 70_000), counter: .refusedLength, reply: "500"),
        Case(command: "AUTH " + String(repeating: "x", count: 1100), counter: .refusedLength, reply: "500"),
    ]

    @Test(arguments: cases)
    func `a refused command is answered by the gateway, and the server reads NOOP`(_ refused: Case) {
        let bench = Bench.open()
        let line = Array((refused.command + "\r\n").utf8)
        for start in stride(from: 0, to: line.count, by: 1000) {
            bench.say(.inside, Array(line[start..<min(start + 1000, line.count)]))
        }
        bench.say(.outside, "200-NOOP\r\n something\r\n200 ok\r\n")
        #expect(bench.server.text == "NOOP\r\n")
        #expect(bench.client.text.hasPrefix(refused.reply + " "))
        #expect(bench.client.text.hasSuffix("\r\n"))
        #expect(bench.client.text.split(separator: "\r\n").count == 1)
        #expect(bench.count(refused.counter) == 1)
        #expect(bench.pinholes.isEmpty && bench.gateway.dataCount == 0)
        #expect(bench.exchange("SYST", "215 UNIX") == "215 UNIX\r\n")
    }

    @Test(arguments: ["PASV", "PORT 10,0,0,5,4,1", "EPRT |1|10.0.0.5|1025|", "LPSV"])
    func `after EPSV ALL only EPSV passes`(_ command: String) {
        let bench = Bench.open()
        #expect(bench.exchange("EPSV ALL", "200 ok") == "200 ok\r\n")
        #expect(bench.exchange(command, "200 ok") == "503 Only EPSV after EPSV ALL.\r\n")
        #expect(bench.count(.refusedAfterAll) == 1)
        #expect(bench.exchange("EPSV", "229 Ok (|||5000|)") == "229 Ok (|||5000|)\r\n")
        #expect(bench.pinholes.count == 1)
    }

    @Test func `EPSV ALL that the server refuses changes nothing`() {
        let bench = Bench.open()
        bench.exchange("EPSV ALL", "501 what?")
        bench.exchange("PASV", "227 Ok (198,51,100,9,20,1)")
        #expect(bench.pinholes.count == 1)
    }

    @Test func `without a free slot PORT is refused for the moment`() {
        let bench = Bench.open(.init(conversations: 1, data: 1))
        bench.exchange("PORT 10,0,0,5,4,1", "200 ok")
        #expect(bench.exchange("PORT 10,0,0,5,4,2", "200 ok").hasPrefix("425 "))
        #expect(bench.count(.refusedResources) == 1)
    }

    @Test func `without a free public port PORT is refused for the moment`() {
        let bench = Bench.open(ports: 40000...40001)
        bench.exchange("PORT 10,0,0,5,4,1", "200 ok")
        #expect(bench.exchange("EPRT |1|10.0.0.5|1026|", "200 ok").hasPrefix("425 "))
        #expect(bench.count(.refusedResources) == 1)
    }

    @Test func `a long reply to a refused command is replaced as a whole`() {
        let bench = Bench.open()
        bench.say(.inside, "LPRT x\r\n")
        bench.say(.outside, "200 " + String(repeating: "y", count: 1200))
        bench.say(.outside, String(repeating: "y", count: 1200) + "\r\n")
        #expect(bench.client.text == "502 Command not implemented, use EPRT.\r\n")
    }

    @Test func `70,000 characters of another command pass as they are`() {
        let bench = Bench.open()
        let line = Array("STOR ".utf8) + [UInt8](repeating: 0x61, count: 70_000) + [13, 10]
        for start in stride(from: 0, to: line.count, by: 1400) {
            bench.say(.inside, Array(line[start..<min(start + 1400, line.count)]))
        }
        #expect(bench.server.read == line)
        #expect(bench.count(.heldLines) == 0)
    }
}
