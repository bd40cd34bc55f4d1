import FTPCodec
import Testing

@Suite struct ExtendedPortArgumentTests {
    @Test("Any delimiter from 33 to 126 is understood", arguments: UInt8(33)...126)
    func delimiters(delimiter: UInt8) throws {
        let d = String(Unicode.Scalar(delimiter))
        // A digit that also occurs in the address ends it early.
        guard !"12".contains(d) else {
            #expect(throws: EndpointDefect.syntax) { try extendedPort("EPRT \(d)1\(d)12.12.12.12\(d)3000\(d)") }
            return
        }
        let parsed = try extendedPort("EPRT \(d)1\(d)12.12.12.12\(d)1212\(d)\r\n")
        #expect(parsed == .ipv4(HostPort(address: 0x0C0C_0C0C, port: 1212), delimiter: delimiter))
    }

    @Test(
        "Other address families are told apart, whatever follows",
        arguments: [
            "|2|::1|1025|", "|2|1080::8:800:200C:417A|5282|", "|3|x", "|0||", "|65535|", "|99999999999999999999|",
        ])
    func families(argument: String) throws {
        #expect(try extendedPort("EPRT \(argument)\r\n") == .foreignFamily)
    }

    @Test(
        "Anything else is a syntax error",
        arguments: [
            "", "|", "||10.0.0.1|1025|", "|1|10.0.0.1|1025", "|1|10.0.0.1|1025||", "|1|10.0.0.1|1025|x",
            "|1|10.0.0|1025|",
            "|1|10.0.0.1.1|1025|", "|1|10.0.0.1||", "|1|10.0.0.1|10 25|", "|1| 10.0.0.1|1025|", "1|10.0.0.1|1025|",
            "|1|[\\]^_`G|1025|", "|1,10.0.0.1|1025|", "\u{7F}1\u{7F}10.0.0.1\u{7F}1025\u{7F}",
            "\u{80}1\u{80}10.0.0.1\u{80}1025\u{80}", "|1|ffff|1025|", "|x|10.0.0.1|1025|",
        ])
    func syntax(argument: String) {
        #expect(throws: EndpointDefect.syntax) { try extendedPort("EPRT " + argument) }
    }

    static let outOfRange: [(argument: String, defect: EndpointDefect)] = [
        ("|1|256.0.0.1|1025|", .octetOutOfRange), ("|1|10.0.0.0001|1025|", .octetOutOfRange),
        ("|1|10.0.0.4294967297|1025|", .octetOutOfRange), ("|1|10.0.0.1|0|", .portOutOfRange),
        ("|1|10.0.0.1|65536|", .portOutOfRange), ("|1|10.0.0.1|65558|", .portOutOfRange),
        ("|1|10.0.0.1|18446744073709551638|", .portOutOfRange), ("|1|10.0.0.1|000022|", .portOutOfRange),
    ]

    @Test("Numbers out of range are refused and do not wrap around", arguments: outOfRange)
    func ranges(row: (argument: String, defect: EndpointDefect)) {
        #expect(throws: row.defect) { try extendedPort("EPRT " + row.argument) }
    }

    @Test func `Cut at any length it is a syntax error`() {
        let whole = "EPRT |1|10.0.0.1|1025|"
        for length in 0..<whole.count {
            #expect(throws: EndpointDefect.syntax) { try extendedPort(String(whole.prefix(length))) }
        }
    }
}
