import Rewriting
import Testing
import WireFormats

/// ICMP errors about a control conversation (RFC 5508): they reach the end whose packet it was, in its own terms.
@Suite struct ErrorTests {
    /// An ICMP error that a router sends about a packet, of which it quotes the headers and eight octets.
    static func error(
        about frame: [UInt8], from router: IPv4Address, type: UInt8 = 3, code: UInt8 = 4, mtu: UInt16
    ) -> [UInt8] {
        let quoted = Array(frame[14..<42])
        var icmp: [UInt8] = [type, code, 0, 0, 0, 0, UInt8(mtu >> 8), UInt8(mtu & 255)] + quoted
        put(~onesSum(icmp, 0..<icmp.count), into: &icmp, at: 2)
        var packet = [UInt8](repeating: 0, count: 12) + [0x08, 0, 0x45, 0]
        packet.append(half: UInt16(20 + icmp.count))
        packet += [0, 0, 0, 0, 64, 1, 0, 0]
        packet.append(word: router.value)
        packet += Array(frame[26..<30]) + icmp
        put(~onesSum(packet, 14..<34), into: &packet, at: 24)
        return packet
    }

    /// The packet that the gateway makes of an error.
    private func translated(_ bench: Bench, _ error: [UInt8], from side: Side) -> (frame: [UInt8], toward: Side)? {
        _ = bench.receive(error, from: side)
        guard case .error(let result) = bench.verdict else { return nil }
        var frame = [UInt8](repeating: 0, count: 200)
        var span = frame.mutableSpan
        var bytes = span.mutableBytes
        let length = result.write(error.span.bytes, into: &bytes, at: 14)
        return (Array(frame.prefix(14 + length)), result.toward)
    }

    @Test func `fragmentation needed on the way out reaches the client, with its own addresses and numbers`() throws {
        let bench = Bench.open()
        bench.exchange("PORT 10,0,0,5,4,1", "200 ok")
        bench.acknowledges = false
        let original = bench.segment(.inside, [UInt8](repeating: 0x61, count: 1400) + [10])
        let sent = try #require(bench.send(original).notTo(bench.client).first)
        #expect(sent.sequence != original.sequence)
        let router = IPv4Address(192, 0, 2, 1)
        let result = try #require(
            translated(bench, Self.error(about: sent.frame, from: router, mtu: 600), from: .outside))
        #expect(result.toward == .inside && bench.count(.acceptError) == 1)
        #expect(onesSum(result.frame, 14..<34) == 0xffff && onesSum(result.frame, 34..<result.frame.count) == 0xffff)
        #expect(number32(result.frame, 26) == router.value)
        #expect(number32(result.frame, 30) == bench.client.endpoint.address.value)
        #expect(onesSum(result.frame, 42..<62) == 0xffff, "the quoted header's own checksum")
        #expect(number32(result.frame, 54) == bench.client.endpoint.address.value)
        #expect(number16(result.frame, 62) == bench.client.endpoint.port)
        #expect(number32(result.frame, 66) == original.sequence)
        #expect(number16(result.frame, 40) == 600)
        let again = bench.send(original).notTo(bench.client)
        #expect(again.count == 3 && again.allSatisfy { 40 + $0.data.count <= 600 })
        #expect(again.flatMap(\.data) == sent.data)
    }

    @Test func `fragmentation needed on the way in reaches the server`() throws {
        let bench = Bench.open()
        bench.say(.inside, "LPRT x\r\nNOOP\r\n")
        bench.acknowledges = false
        bench.say(.outside, "200 ok\r\n")
        let original = bench.segment(.outside, Array("214 ".utf8) + [UInt8](repeating: 0x61, count: 1300) + [10])
        let sent = try #require(bench.send(original).to(bench.client).first)
        #expect(sent.sequence != original.sequence)
        let router = IPv4Address(10, 0, 0, 1)
        let result = try #require(
            translated(bench, Self.error(about: sent.frame, from: router, mtu: 1000), from: .inside))
        #expect(result.toward == .outside)
        #expect(number32(result.frame, 26) == Bench.publicAddress.value, "the router inside is not to be seen")
        #expect(number32(result.frame, 58) == Bench.publicAddress.value)
        #expect(number16(result.frame, 64) == bench.translated.port)
        #expect(number32(result.frame, 66) == original.sequence)
        let again = bench.send(original).to(bench.client)
        #expect(again.count == 2 && again.allSatisfy { 40 + $0.data.count <= 1000 })
    }

    @Test func `an error about a number that was never sent lowers nothing`() throws {
        let bench = Bench.open()
        var forged = bench.segment(.inside)
        forged.source = bench.translated
        forged.sequence &+= 100_000
        _ = translated(
            bench, Self.error(about: forged.frame, from: IPv4Address(192, 0, 2, 1), mtu: 100), from: .outside)
        let sent = bench.say(.inside, [UInt8](repeating: 0x61, count: 1400) + [10]).notTo(bench.client)
        #expect(sent.filter { !$0.data.isEmpty }.count == 1)
    }

    @Test func `a corrupt error and one about another connection are foreign`() {
        let bench = Bench.open()
        var segment = bench.segment(.inside)
        segment.source = bench.translated
        var bad = Self.error(about: segment.frame, from: IPv4Address(192, 0, 2, 1), mtu: 1000)
        bad[50] ^= 1
        #expect(translated(bench, bad, from: .outside) == nil)
        segment.destination.port = 80
        let other = Self.error(about: segment.frame, from: IPv4Address(192, 0, 2, 1), mtu: 1000)
        #expect(translated(bench, other, from: .outside) == nil)
        #expect(bench.count(.acceptError) == 0)
    }
}
