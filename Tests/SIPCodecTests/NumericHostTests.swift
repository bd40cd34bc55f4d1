import SIPCodec
import TestSupport
import Testing
import WireFormats

/// The host that a translator looks for: what `NameAddress` and `SIPURI` say of it, by a shorter way.
@Suite struct NumericHostTests {
    @Test("A host by number, where it stands, and its URI's parameters")
    func host() throws {
        let value = bytes("\"A\" <sip:a@10.0.0.1:5062;ob>;tag=x")
        let read = NumericHost(value.span.bytes, nameAddress: 0..<value.count)
        let host = try #require(read)
        #expect(host.address == IPv4Address(10, 0, 0, 1))
        #expect(host.port == 5062)
        #expect(text(value, host.range) == "10.0.0.1:5062")
        #expect(text(value, host.parameters) == ";ob")
    }

    /// Pieces of addresses in any order: some are addresses, most are nearly one.
    @Test func `It is what the readers of addresses and URIs say`() {
        var random = Random()
        let pieces = [
            "\"A, \\\"b\\\" @<\" ", "A ", "<", "sip:", "SIP:", "sips:", "tel:", "a", "@", "10.0.0.1", "10.0.0.1",
            "256.1.1.1", "::", ":",
            "5060", "0", "65536", ">", ";", "ob", "?", " ", "h.example", "[::1]", "x=\"y\"",
        ]
        let usual = ["\"A\" ", "<", "sip:", "a", "@", "10.0.0.1", ":", "5060", ">", ";", "x=y"]
        for _ in 0..<50_000 {
            var parts = usual
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let place = Int.random(in: 0..<parts.count, using: &random)
                if Bool.random(using: &random) { parts.remove(at: place) }
                if Bool.random(using: &random) {
                    parts.insert(pieces.randomElement(using: &random)!, at: min(place, parts.count))
                }
                if parts.isEmpty { parts = usual }
            }
            let value = bytes(parts.joined())
            let start = Int.random(in: 0...min(6, value.count), using: &random)
            let range = start..<value.count
            let fromAddress = NumericHost(value.span.bytes, nameAddress: range)
            let address = NameAddress(value.span.bytes, range)
            let fromURI = NumericHost(value.span.bytes, uri: range)
            #expect(
                read(fromAddress, value) == address.flatMap { plain(value, $0.uri) }, "seed \(random.seed): \(parts)")
            #expect(read(fromURI, value) == plain(value, range), "seed \(random.seed): \(parts)")
        }
    }

    private func read(_ host: NumericHost?, _ value: [UInt8]) -> String? {
        host.map {
            "\($0.address) \($0.port ?? 0) \(text(value, $0.range)) \(text(value, $0.parameters)) \($0.parameters)"
        }
    }

    private func plain(_ value: [UInt8], _ range: Range<Int>) -> String? {
        guard let uri = readURI(value, range), uri.scheme == .sip, let host = uri.host,
            case .ipv4(let address) = host.kind
        else { return nil }
        let place = host.range.lowerBound..<host.portRange.upperBound
        return "\(address) \(host.port ?? 0) \(text(value, place)) \(text(value, uri.parameters)) \(uri.parameters)"
    }
}
