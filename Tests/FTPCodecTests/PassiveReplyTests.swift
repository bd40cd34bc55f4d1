import FTPCodec
import TestSupport
import Testing

@Suite struct PassiveReplyTests {
    static let good: [(line: String, text: String)] = [
        ("227 Entering Passive Mode (10,0,0,1,4,1).\r\n", "10,0,0,1,4,1"),
        ("227 Entering Passive Mode (10,0,0,1,4,1)\n", "10,0,0,1,4,1"),
        ("227 Entering Passive Mode. 10,0,0,1,4,1\r\n", "10,0,0,1,4,1"),  // RFC 1123 section 4.1.2.6
        ("227 =10,0,0,1,4,1\r\n", "10,0,0,1,4,1"),
        ("227 IPv4 mode (10,0,0,1,4,1)\r\n", "10,0,0,1,4,1"),
        ("227 v2, 3 of 4: 1,2,3 (10,0,0,1,4,1)\r\n", "10,0,0,1,4,1"),
        ("227 1234567,8 (10, 0, 0, 1, 4, 1)\r\n", "10, 0, 0, 1, 4, 1"),
        ("227 (010,000,000,001,004,001)\r\n", "010,000,000,001,004,001"),
        ("227 (10,0,0,1,4,1) or (10,0,0,9,4,9)\r\n", "10,0,0,1,4,1"),
        ("227 (10,0,\u{FF}\u{F1}0,1,4,1)\r\n", "10,0,\u{FF}\u{F1}0,1,4,1"),
        ("\u{FF}\u{F1}227 (10,0,0,1,4,1)\r\n", "10,0,0,1,4,1"),
    ]

    @Test("The endpoint is found wherever it stands, and nothing but it", arguments: good)
    func understood(row: (line: String, text: String)) throws {
        let match = try passive(row.line)
        #expect(match.endpoint == example)
        #expect(match.text == row.text)
    }

    static let bad: [(line: String, defect: EndpointDefect)] = [
        ("227 Entering Passive Mode\r\n", .syntax), ("227 (10,0,0,1,4)\r\n", .syntax),
        ("227 (10.0.0.1,4,1)\r\n", .syntax),
        ("227 10,0,0,1,4,x,1\r\n", .syntax), ("227", .syntax), ("", .syntax),
        ("227 (10,0,0,1,256,22)\r\n", .octetOutOfRange), ("227 (310,0,0,1,4,1)\r\n", .octetOutOfRange),
        ("227 (10,0,0,1,4,1234)\r\n", .octetOutOfRange), ("227 (10,0,0,1,0,0)\r\n", .portOutOfRange),
        // What a client takes for the endpoint decides, not a better one after it.
        ("227 (10,0,0,300,4,1) (10,0,0,1,4,1)\r\n", .octetOutOfRange),
    ]

    @Test("A 227 without a good endpoint is told why", arguments: bad)
    func refused(row: (line: String, defect: EndpointDefect)) {
        #expect(throws: row.defect) { try passive(row.line) }
    }

    @Test func `Cut at any length before its last digit it is a syntax error`() throws {
        let whole = "227 Entering Passive Mode (10,0,0,1,4,1).\r\n"
        let end = whole.count - 3  // CR LF is one Character
        for length in 0..<end {
            #expect(throws: EndpointDefect.syntax) { try passive(String(whole.prefix(length))) }
        }
        for length in end...whole.count { #expect(try passive(String(whole.prefix(length))).endpoint == example) }
    }

    /// If it took time in proportion to the square, each line would take many minutes. No limit of time, because a test
    /// may wait a minute for a thread while others run.
    @Test func `A long line of digits and commas takes time in proportion to its length`() {
        for unit in ["1", "1,1,1,1,1 ", "1 ", "1,,", "256,"] {
            let line = bytes("227 " + String(repeating: unit, count: 300_000 / unit.utf8.count) + "x\r\n")
            #expect(throws: EndpointDefect.self) { try PassiveReply.parse(line.span.bytes) }
        }
    }
}
