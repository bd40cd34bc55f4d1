import FTPCodec
import TestSupport
import Testing

@Suite struct EndpointTextTests {
    static let widest = HostPort(address: 0xFFFF_FFFF, port: 65535)

    @Test func `The forms are those of the RFCs, and the longest fill their maximum length`() {
        #expect(
            written(EndpointText.maximumPortLength) { EndpointText.write(port: example, into: &$0, at: 0) }
                == bytes("10,0,0,1,4,1"))
        let port = written(EndpointText.maximumPortLength) { EndpointText.write(port: Self.widest, into: &$0, at: 0) }
        #expect(port == bytes("255,255,255,255,255,255"))
        let extended = written(EndpointText.maximumExtendedPortLength) {
            EndpointText.write(extendedPort: Self.widest, delimiter: 0x21, into: &$0, at: 0)
        }
        #expect(extended == bytes("!1!255.255.255.255!65535!"))
        #expect(port.count == EndpointText.maximumPortLength)
        #expect(extended.count == EndpointText.maximumExtendedPortLength)
    }

    @Test("Decimal numbers have no leading zeros", arguments: [0, 1, 9, 10, 99, 100, 1000, 9999, 10000, 65535])
    func decimal(value: UInt16) {
        let text = written(EndpointText.maximumDecimalLength) { EndpointText.write(decimal: value, into: &$0, at: 0) }
        #expect(text == bytes("\(value)"))
    }

    @Test("A delimiter that may stand in an address is replaced", arguments: [0x2E, 0x30, 0x39] as [UInt8])
    func delimiter(delimiter: UInt8) {
        let text = written(EndpointText.maximumExtendedPortLength) {
            EndpointText.write(extendedPort: example, delimiter: delimiter, into: &$0, at: 0)
        }
        #expect(text == bytes("|1|10.0.0.1|1025|"))
    }

    @Test func `Text is written at the offset, and nothing around it changes`() {
        var buffer = bytes("....................")
        var span = buffer.mutableSpan
        var raw = span.mutableBytes
        let count = EndpointText.write(port: example, into: &raw, at: 3)
        #expect(count == 12)
        #expect(buffer == bytes("...10,0,0,1,4,1....."))
    }

    @Test func `What is written is read back the same, for random endpoints`() throws {
        var random = Random()
        for _ in 0..<5_000 {
            let endpoint = HostPort(
                address: UInt32.random(in: 0 ... .max, using: &random),
                port: UInt16.random(in: 1 ... .max, using: &random))
            let delimiter = UInt8.random(in: 33...126, using: &random)
            let port = written(EndpointText.maximumPortLength) { EndpointText.write(port: endpoint, into: &$0, at: 0) }
            let extended = written(EndpointText.maximumExtendedPortLength) {
                EndpointText.write(extendedPort: endpoint, delimiter: delimiter, into: &$0, at: 0)
            }
            let number = written(EndpointText.maximumDecimalLength) {
                EndpointText.write(decimal: endpoint.port, into: &$0, at: 0)
            }
            let plain = try PortArgument.parse(port.span.bytes, 0..<port.count)
            #expect(plain == endpoint, "seed \(random.seed)")
            let parsed = try ExtendedPortArgument.parse(extended.span.bytes, 0..<extended.count)
            #expect(parsed == .ipv4(endpoint, delimiter: extended[0]), "seed \(random.seed)")
            let reply = bytes("227 Passive (") + port + bytes(").\r\n")
            let passive = try PassiveReply.parse(reply.span.bytes)
            #expect(passive.endpoint == endpoint && passive.range == 13..<13 + port.count, "seed \(random.seed)")
            let extendedReply = bytes("229 Passive (|||") + number + bytes("|)\r\n")
            #expect(
                try ExtendedPassiveReply.parse(extendedReply.span.bytes).port == endpoint.port, "seed \(random.seed)")
        }
    }
}
