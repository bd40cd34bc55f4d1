import FTPCodec
import Testing

@Suite struct PortArgumentTests {
    static let good: [(line: String, endpoint: HostPort)] = [
        ("PORT 10,0,0,1,4,1", example),
        ("PORT 255,255,255,255,255,255", HostPort(address: 0xFFFF_FFFF, port: 65535)),
        ("PORT 0,0,0,0,0,1", HostPort(address: 0, port: 1)),
        ("PORT 010,000,000,001,004,001", example),
        ("PORT 10, 0 ,0,1 , 4,1 ", example),
    ]

    @Test("Six numbers are an endpoint", arguments: good)
    func understood(row: (line: String, endpoint: HostPort)) throws {
        #expect(try port(row.line) == row.endpoint)
    }

    @Test(
        "Anything else is a syntax error",
        arguments: [
            "", "10", "10,0,0,1,4", "10,0,0,1,4,", ",0,0,1,4,1", "10,,0,1,4,1", "10,0,0,1,4,1,", "10,0,0,1,4,1,1",
            "10,0,0,1,4,1 x", "10.0.0.1.4.1", "x10,0,0,1,4,1", "-1,0,0,1,4,1", "+10,0,0,1,4,1", "0x0A,0,0,1,4,1",
            "10 0,0,1,4,1", "1 0,0,0,1,4,1", "10,0,0,1,4,1\rQUIT", "999,1", "10,0,0,1,4,\u{FF}\u{FF}",
        ])
    func syntax(argument: String) {
        #expect(throws: EndpointDefect.syntax) { try port("PORT " + argument) }
    }

    @Test(
        "An octet above 255 or of four digits is refused, and does not wrap around: 256,22 is not port 22",
        arguments: [
            "10,0,1,2,256,22", "256,0,0,1,4,1", "10,0,0,1,4,256", "10,0,0,1,4,65537", "10,0,0,1,99999999999999999999,1",
            "10,0,0,0001,4,1", "10,0,0,18446744073709551617,4,1",
        ])
    func octets(argument: String) {
        #expect(throws: EndpointDefect.octetOutOfRange) { try port("PORT " + argument) }
    }

    @Test func `Port 0 is refused`() {
        #expect(throws: EndpointDefect.portOutOfRange) { try port("PORT 10,0,0,1,0,0") }
    }

    @Test func `Cut at any length it is a syntax error`() {
        let whole = "PORT 10,0,0,1,4,1"
        for length in 0..<whole.count {
            #expect(throws: EndpointDefect.syntax) { try port(String(whole.prefix(length))) }
        }
    }
}
