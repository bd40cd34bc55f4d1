import Foundation
import Rewriting
import SIPCodec
import TestSupport
import Testing
import WireFormats

/// The torture messages of RFC 4475 and RFC 5118 through the gateway, in both directions: valid ones come out valid and
/// the same but for translated addresses, and of the others none does any harm.
@Suite struct SIPTortureTests {
    /// A message, and whether it is valid.
    struct Sample: CustomStringConvertible, Sendable {
        let description: String
        let isValid: Bool
        let data: [UInt8]
    }

    static let samples: [Sample] = {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("SIPCodecTests/Torture")
        return ["valid", "invalid"].flatMap { kind in
            let folder = directory.appendingPathComponent(kind)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            return names.sorted().compactMap { name in
                let data = try? Data(contentsOf: folder.appendingPathComponent(name))
                return data.map { Sample(description: name, isValid: kind == "valid", data: [UInt8]($0)) }
            }
        }
    }()

    /// Whether a datagram is a message that the gateway acts on.
    private func isMessage(_ data: [UInt8]) -> Bool {
        var rows = HeaderRows()
        return (try? SIPMessage.parse(data.span.bytes, isStream: false, rows: &rows)) != nil
    }

    /// The header section without what may be different: a port that is 5060 anyway, and the length of the body.
    private func head(_ data: [UInt8]) -> [String] {
        String(decoding: data, as: UTF8.self).replacing(":5060", with: "").splitLines.prefix { $0 != "" }
            .filter { !$0.lowercased().hasPrefix("content-length") && !$0.hasPrefix("l:") }
    }

    /// The IPv4 addresses that a message names.
    private func addresses(_ data: [UInt8]) -> Set<IPv4Address> {
        let text = String(decoding: data, as: UTF8.self)
        return Set(text.split { !$0.isNumber && $0 != "." }.compactMap { IPv4Address($0) })
    }

    @Test func `all of them are here`() {
        #expect(Self.samples.count == 61 && Self.samples.count(where: \.isValid) == 23)
    }

    @Test("from and to a phone that the message does not name", arguments: samples)
    func foreign(sample: Sample) {
        let bench = SIPBench()
        let translated = bench.translated(SIPBench.phone)
        let out = bench.send(sample.data, from: SIPBench.phone, to: SIPBench.server)
        #expect(out.map(\.data) == [sample.data])
        let back = bench.send(sample.data, from: SIPBench.server, to: translated)
        #expect(back.map(\.data) == [sample.data])
        let stranger = bench.send(sample.data, from: Endpoint("192.0.2.66:5060")!, to: translated)
        #expect(stranger.count <= 1 && bench.flows.isEmpty)
        if !isMessage(sample.data) {
            #expect(!sample.isValid && bench.gateway.counts.calls == 0)
            #expect(bench.count(.sipMalformed) + bench.count(.sipForeign) + bench.count(.dropSIPUnknown) >= 3)
        }
        bench.wait(300)
        bench.expectNothingLeft(ports: SIPBench().gateway.freeMediaPorts)
    }

    @Test("from every host that the message names", arguments: samples)
    func named(sample: Sample) {
        for address in addresses(sample.data) where address.value >> 24 > 0 && address.value >> 28 < 14 {
            let bench = SIPBench()
            let phone = Endpoint(address, 5060)
            let out = bench.receive(SIPBench.frame(sample.data, from: phone, to: SIPBench.server), from: .inside)
            #expect(out.count == 1 && bench.flows.isEmpty)
            guard let arrival = out.first else { continue }
            #expect(isMessage(arrival.data) == isMessage(sample.data))
            if !isMessage(sample.data) { #expect(arrival.data == sample.data) }
            // And back: what was made public is inside again.
            let back = bench.send(arrival.data, from: SIPBench.server, to: arrival.source)
            #expect(back.count == 1 && back.first?.destination == phone)
            #expect(back.first.map { head($0.data) } == head(sample.data))
        }
    }

    @Test func `messages with random damage trap nowhere, and open nothing`() {
        var random = Random(seed: 4475)
        let samples = Self.samples.map(\.data) + [Array(inviteOfAPhone.utf8)]
        let bench = SIPBench()
        let translated = bench.translated(SIPBench.phone)
        for _ in 0..<20_000 {
            var data = random.one(of: samples)
            for _ in 0..<random.number(1...8) where !data.isEmpty {
                let place = random.number(0...data.count - 1)
                switch random.number(0...3) {
                case 0: data[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: data.remove(at: place)
                case 2: data.insert(random.one(of: Array("\r\n ,;:<>\"@1[]=".utf8)), at: place)
                default: data.removeSubrange(place..<min(data.count, place + random.number(1...20)))
                }
            }
            let isOut = random.once(in: 2)
            bench.send(
                data, from: isOut ? SIPBench.phone : SIPBench.server, to: isOut ? SIPBench.server : translated)
        }
        bench.wait(86_400 * 2)
        bench.expectNothingLeft(ports: SIPBench().gateway.freeMediaPorts)
    }

    private var inviteOfAPhone: String {
        SIPDialogue(SIPBench()).request("INVITE", from: .inside, body: sdp("192.168.1.10", 30000, "a=rtcp:30001")).text
    }
}
