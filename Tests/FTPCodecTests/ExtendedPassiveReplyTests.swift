import FTPCodec
import Testing

@Suite struct ExtendedPassiveReplyTests {
    static let good: [(line: String, port: UInt16, text: String)] = [
        ("229 Entering Extended Passive Mode (|||6446|)\r\n", 6446, "6446"),
        ("229 v2 (see RFC 2428) (1) ready ((|||65535|)\r\n", 65535, "65535"),
        ("229 Modo pasivo extendido (|||00021|).\n", 21, "00021"),
        ("229 (!!!1025!)\r\n", 1025, "1025"), ("229 (((((1025()\r\n", 1025, "1025"),
        ("229 (|||10\u{FF}\u{F1}25|)\r\n", 1025, "10\u{FF}\u{F1}25"),
    ]

    @Test("The port is found wherever it stands, in any language", arguments: good)
    func understood(row: (line: String, port: UInt16, text: String)) throws {
        let match = try extendedPassive(row.line)
        #expect(match.port == row.port && match.text == row.text)
    }

    @Test("Any delimiter from 33 to 126 that is not in the number is understood", arguments: UInt8(33)...126)
    func delimiters(delimiter: UInt8) throws {
        let d = String(Unicode.Scalar(delimiter))
        let number = d == "1" || d == "5" ? "2222" : "1515"
        #expect(try extendedPassive("229 x (\(d)\(d)\(d)\(number)\(d))\r\n").text == number)
    }

    static let bad: [(line: String, defect: EndpointDefect)] = [
        ("229 Entering Extended Passive Mode\r\n", .syntax), ("229 |||6446|\r\n", .syntax),
        ("229 (||6446|)\r\n", .syntax),
        ("229 (|1|10.0.0.1|6446|)\r\n", .syntax), ("229 (|||6446)\r\n", .syntax), ("229 (|||6446|\r\n", .syntax),
        ("229 (||||)\r\n", .syntax), ("229 (|||x|)\r\n", .syntax), ("229 (|||-1|)\r\n", .syntax),
        ("229 (   6446 )", .syntax),
        ("229 (|||0|)\r\n", .portOutOfRange), ("229 (|||65536|)\r\n", .portOutOfRange),
        ("229 (|||65558|)\r\n", .portOutOfRange), ("229 (|||18446744073709551638|)\r\n", .portOutOfRange),
    ]

    @Test("A 229 without a good port is told why", arguments: bad)
    func refused(row: (line: String, defect: EndpointDefect)) {
        #expect(throws: row.defect) { try extendedPassive(row.line) }
    }

    @Test func `Cut at any length before its parenthesis it is a syntax error`() throws {
        let whole = "229 Entering Extended Passive Mode (|||6446|)\r\n"
        let end = whole.count - 1  // CR LF is one Character
        for length in 0..<end {
            #expect(throws: EndpointDefect.syntax) { try extendedPassive(String(whole.prefix(length))) }
        }
        #expect(try extendedPassive(String(whole.prefix(end))).port == 6446)
    }
}
