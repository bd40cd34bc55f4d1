import FTPCodec
import TestSupport
import Testing

@Suite struct CommandTests {
    static let table: [(line: String, verb: Verb, argument: String)] = [
        ("PORT 10,0,0,1,4,1\r\n", .port, "10,0,0,1,4,1"),
        ("EPRT |1|10.0.0.1|1025|\r\n", .eprt, "|1|10.0.0.1|1025|"),
        ("LPRT 4,4,10,0,0,1,2,4,1\r\n", .lprt, "4,4,10,0,0,1,2,4,1"),
        ("PASV\r\n", .pasv, ""), ("CPSV\r\n", .pasv, ""), ("P@SW\r\n", .pasv, ""),
        ("EPSV ALL\r\n", .epsv, "ALL"), ("LPSV\r\n", .lpsv, ""), ("AUTH TLS\r\n", .auth, "TLS"),
        ("RETR a b \r\n", .other, "a b"), ("PORTS\r\n", .other, ""), ("POR 1\r\n", .other, "1"),
        ("SITE PORT 1,2,3,4,5,6\r\n", .other, "PORT 1,2,3,4,5,6"), ("1,2\r\n", .other, "1,2"),
        ("XPORTPORT\r\n", .other, ""), ("XPORT 1\r\n", .other, "1"),
        ("\r\n", .none, ""), ("\n", .none, ""), ("", .none, ""), ("\u{FF}\u{F1}\r\n", .none, ""), (" \r\n", .other, ""),
    ]

    @Test("Verb and argument", arguments: table)
    func rows(row: (line: String, verb: Verb, argument: String)) {
        let read = command(row.line)
        #expect(read.verb == row.verb)
        #expect(read.argument == row.argument)
    }

    @Test(
        "However a server lets PORT be written, it is seen as PORT",
        arguments: [
            "port 10,0,0,1,4,1\r\n", "PoRt 10,0,0,1,4,1\n", "PORT\t10,0,0,1,4,1\r\n", "PORT    10,0,0,1,4,1   \r\n",
            "  PORT 10,0,0,1,4,1\r\n", "\tPORT 10,0,0,1,4,1\r\n", "\rPORT 10,0,0,1,4,1\r\n",
            "PORT\u{0B}10,0,0,1,4,1\r\n",
            "PORT10,0,0,1,4,1\r\n", "PORT 10,0,0,1,4,1", "PORT 10,0,0,1,4,1\r\r\n",
            "\u{FF}\u{F4}\u{FF}\u{F2}PORT 10,0,0,1,4,1\r\n", "PO\u{0}RT 10,0,0,1,4,1\r\n",
            "PO\u{FF}\u{FD}\u{06}RT\u{FF}\u{F1} 10,0,\u{FF}\u{F1}0,1,4,1\u{FF}\u{F1}\r\u{0}\n",
        ])
    func spellings(line: String) throws {
        #expect(command(line).verb == .port)
        #expect(try port(line) == example)
    }

    @Test(
        "A quoted PORT is PORT, and its argument is refused", arguments: ["\"PORT\" 1,2,3,4,5,6\r\n", "\"PO\\RT\" 1\n"])
    func quoted(line: String) {
        #expect(command(line).verb == .port)
        #expect(throws: EndpointDefect.syntax) { try port(line) }
    }

    @Test func `An argument that begins or ends with a literal 0xFF keeps both of its bytes`() {
        #expect(command("RETR \u{FF}\u{FF}a\u{FF}\u{FF}\r\n").argument == "\u{FF}\u{FF}a\u{FF}\u{FF}")
    }

    static let foresights: [(prefix: String, foresight: Foresight)] = [
        ("", .undecided), ("P", .undecided), ("pa", .undecided), ("EPR", .undecided), ("PORT", .undecided),
        ("\r", .undecided),
        ("  ", .undecided), ("\u{FF}", .undecided), ("\u{FF}\u{FA}P", .undecided), ("P\u{FF}\u{FB}", .undecided),
        ("PORT ", .acts), ("port\t1,2", .acts), ("AUTH\r", .acts), ("EPSV,", .acts), ("PORT1", .acts),
        ("Q", .plain), ("PO ", .plain), ("PORTS", .plain), ("PW", .plain), ("1", .plain), ("STOR PORT ", .plain),
    ]

    @Test("What an incomplete line can become", arguments: foresights)
    func foresight(row: (prefix: String, foresight: Foresight)) {
        #expect(foresee(bytes(row.prefix)) == row.foresight)
    }

    @Test func `Foresight never contradicts the complete line, for every prefix of random lines`() {
        var random = Random()
        let pieces = [
            "PORT", "port", "EPRT", "PASV", "epsv", "AUTH", "RETR", "P", "PO", "@", " ", "\t", "\"", "\\", "\r",
            "1,2,3",
            "\u{0}", "\u{FF}", "\u{FF}\u{F1}", "\u{FF}\u{FB}\u{01}", "\u{FF}\u{FA}x\u{FF}\u{F0}", "\u{FF}\u{FF}", "|1|",
        ]
        for _ in 0..<5_000 {
            var line: [UInt8] = []
            for _ in 0..<Int.random(in: 0...6, using: &random) { line += bytes(pieces.randomElement(using: &random)!) }
            line.append(10)
            let verb = Command(line: line.span.bytes).verb
            var earlier = Foresight.undecided
            for length in 0..<line.count {
                let now = foresee(Array(line[..<length]))
                let agrees = now == .undecided || (now == .acts) == verb.isActedOn
                let steady = earlier == .undecided || earlier == now
                #expect(agrees && steady, "seed \(random.seed): \(line), prefix of \(length): \(now), then \(verb)")
                earlier = now
            }
        }
    }
}
