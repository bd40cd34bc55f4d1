import SIPCodec
import TestSupport
import Testing
import WireFormats

/// The host that a translator looks for: what `NameAddress` and `SIPURI` say of it, by a shorter way.
@Suite struct NumericHostTests {
    /// What most messages name, and what is nearly the same.
    private let known = KnownEndpoints(
        KnownEndpoint(Endpoint(IPv4Address(10, 0, 0, 1), 5060)), KnownEndpoint(Endpoint(IPv4Address(10, 0, 0, 10), 1)))
    /// What stands behind a value in its message, so that a known endpoint may be found in it.
    private let following = "\r\nMax-Forwards: 70\r\nSubject: -"

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
            "\"A, \\\"b\\\" @<\" ", "A ", "<", "sip:", "SIP:", "sips:", "tel:", "a", "@", "10.0.0.1", "10.0.0.10",
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
            let text = parts.joined()
            let value = bytes(Bool.random(using: &random) ? text : text + following)
            let start = Int.random(in: 0...min(6, text.utf8.count), using: &random)
            let range = start..<text.utf8.count
            let fromAddress = NumericHost(value.span.bytes, nameAddress: range, known: known)
            let address = NameAddress(value.span.bytes, range)
            let fromURI = NumericHost(value.span.bytes, uri: range, known: known)
            #expect(
                read(fromAddress, value) == address.flatMap { plain(value, $0.uri) }, "seed \(random.seed): \(parts)")
            #expect(read(fromURI, value) == plain(value, range), "seed \(random.seed): \(parts)")
        }
    }

    /// The same for Via: wherever `ViaValue` can be read, its sent-by and parameters are these.
    @Test func `Of a Via it is what the reader of its values says`() {
        var random = Random()
        let pieces = [
            "SIP", "/", " / ", "2.0", "UDP", "TLS-SCTP", " ", "10.0.0.1", "10.0.0.10", "10.0.0.2", "1", ".",
            "h.example",
            "[::1]", ":", "5060", ";", "rport", "branch=z9", "received=10.0.0.1", "x=\"y\"",
        ]
        let usual = ["SIP", "/", "2.0", "/", "UDP", " ", "10.0.0.1", ":", "5060", ";", "rport", ";", "branch=z9"]
        var count = 0
        for _ in 0..<50_000 {
            var parts = usual
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<parts.count, using: &random)
                if Bool.random(using: &random) { parts[place] = pieces.randomElement(using: &random)! }
                if Bool.random(using: &random) { parts.insert(pieces.randomElement(using: &random)!, at: place) }
            }
            let text = parts.joined()
            let value = bytes(Bool.random(using: &random) ? text : text + following)
            let range = 0..<text.utf8.count
            let hop = ViaHop(value.span.bytes, range, known: known)
            guard let via = ViaValue(value.span.bytes, range) else { continue }
            count += 1
            #expect(hop?.transport == via.transport, "seed \(random.seed): \(parts)")
            #expect(hop?.parameters == via.parameters, "seed \(random.seed): \(parts)")
            let address: IPv4Address? = if case .ipv4(let address) = via.sentBy.kind { address } else { nil }
            #expect(hop?.sentBy?.address == address, "seed \(random.seed): \(parts)")
            if address != nil { #expect(hop?.sentBy?.port == via.sentBy.port, "seed \(random.seed): \(parts)") }
        }
        #expect(count > 10_000)
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
