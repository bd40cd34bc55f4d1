import Testing
import WireFormats

/// Addresses and endpoints as operators write them.
@Suite struct AddressTextTests {
    @Test(
        "An address is read and written as four octets",
        arguments: [
            ("0.0.0.0", 0), ("192.0.2.1", 0xc000_0201), ("255.255.255.255", .max), ("10.20.0.100", 0x0a14_0064),
        ]
            as [(String, UInt32)])
    func address(text: String, value: UInt32) throws {
        let address = try #require(IPv4Address(text))
        #expect(address.value == value && address.description == text)
        let octets = (0..<4).map { address.octet($0) }
        #expect(IPv4Address(octets[0], octets[1], octets[2], octets[3]) == address)
        #expect(Endpoint("\(text):65535") == Endpoint(address, 65535))
    }

    static let badAddresses = [
        "", ".", "...", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.0.0.1", "1.2.3.1000", "01.2.3.4",
        "1.2.3.00", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "+1.2.3.4", "1.2.3.-4", "0x1.2.3.4", "1.2.3.a", "1,2,3,4",
        "1.2.3.4/24", "١.2.3.4", "1.2.3.²", "1.2.3.4\u{301}", "1.2.3.4\0", "localhost", "::1",
        "1.2.3.99999999999999999999",
    ]

    @Test("An address in any other form is refused", arguments: badAddresses)
    func refused(text: String) {
        #expect(IPv4Address(text) == nil)
        #expect(Endpoint("\(text):21") == nil)
    }

    @Test(
        "An endpoint is an address, a colon and a port",
        arguments: [("1.2.3.4:1", 1), ("203.0.113.7:21", 21)] as [(String, UInt16)])
    func endpoint(text: String, port: UInt16) {
        #expect(Endpoint(text)?.port == port)
        #expect(Endpoint(text)?.description == text)
    }

    @Test(
        "A port that is missing, signed, out of range or not decimal is refused",
        arguments: [
            "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:99999999999999999999", "1.2.3.4:+21",
            "1.2.3.4:-1", "1.2.3.4: 21", "1.2.3.4:21 ", "1.2.3.4:21:", "1.2.3.4::21", ":21", "1.2.3.4:٢١",
            "1.2.3.4:0x15",
            "1.2.3.4:ftp", "",
        ])
    func refusedPort(text: String) {
        #expect(Endpoint(text) == nil)
    }
}
