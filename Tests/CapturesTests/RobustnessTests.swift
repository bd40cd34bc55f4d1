import Foundation
import Rewriting
import TestSupport
import Testing
import WireFormats

@testable import Captures

struct RobustnessTests {
    /// The torture messages of RFC 4475 and RFC 5118, with an address of the inside for most hosts.
    private static let samples: [[UInt8]] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../SIPCodecTests/Torture")
        return ["valid", "invalid"].flatMap { kind in
            let folder = folder.appendingPathComponent(kind)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            return names.sorted().compactMap { name in
                (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .isoLatin1)).map {
                    Array($0.replacing(/192\.0\.2\.\d+|[a-z0-9]+\.example\.com/, with: "192.168.1.10").utf8)
                }
            }
        }
    }()

    @Test(
        "Torture messages with any octets changed, from both sides, over UDP and TCP, give changes that fit into them")
    func mutations() throws {
        var random = Random()
        var plan = ObserverPlan(addresses: [IPv4Address(203, 0, 113, 1)])
        plan.seed = random.seed | 1
        plan.sipSettings.ice = Bool.random(using: &random) ? .strip : .rewrite
        var explainer = try Explainer(plan) { $0.isPrivate }
        var (number, sequences, count) = (0, [UInt32](repeating: 100, count: 2), 0)
        try #require(Self.samples.count > 50)
        let ends = ["192.168.1.10:5060", "198.51.100.9:5060"]
        let handshake = [
            segment("", from: ends[0], to: ends[1], sequence: 99, flags: 2),
            segment("", from: ends[1], to: ends[0], sequence: 99, acknowledgement: 100, flags: 18),
        ]
        var packets = handshake
        for sample in Self.samples + Self.samples + Self.samples {
            for side in 0..<2 {
                var message = sample
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    message[Int.random(in: 0..<message.count, using: &random)] = .random(in: 0...255, using: &random)
                }
                let (from, to) = (ends[side], ends[1 - side])
                packets.append(datagram(message.prefix(8000), from: from, to: to))
                let part = message.prefix(Int.random(in: 1...8000, using: &random))
                packets.append(segment(part, from: from, to: to, sequence: sequences[side]))
                sequences[side] &+= UInt32(part.count)
            }
            // A stream that is not understood any more passes unread; another begins.
            if Int.random(in: 0..<4, using: &random) == 0 {
                packets += handshake
                sequences = [100, 100]
            }
        }
        for packet in packets {
            number += 1
            let frame = CapturedFrame(
                number: number, time: UInt64(number) * 100_000_000, bytes: CaptureFile.Link.ethernet.header + packet,
                missing: 0)
            for explanation in explainer.explain(frame) {
                check(explanation.observation, "seed \(random.seed), frame \(number)")
                count += explanation.observation.changes.count
            }
        }
        #expect(count > 100, "seed \(random.seed)")
    }

    private func check(_ observation: Observation, _ comment: Comment) {
        var position = 0
        for change in observation.changes {
            #expect(
                change.range.lowerBound >= position && change.range.upperBound <= observation.message.count, comment)
            position = change.range.upperBound
        }
        #expect(observation.lines.allSatisfy { $0.before != $0.after && !$0.reasons.isEmpty }, comment)
    }
}
