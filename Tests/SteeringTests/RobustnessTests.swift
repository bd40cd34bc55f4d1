import CSteering
import CXDP
import Foundation
import Steering
import TestSupport
import Testing

/// Frames that nobody wrote down one by one.
@Suite("Robustness", .enabled(if: isRoot, "needs root"))
struct RobustnessTests {
    /// Whole frames of every kind that the program reads, and the card that they come by.
    private static let samples: [(frame: [UInt8], card: String)] = {
        let optional = Connection().outgoing { $0.options = [7, 7, 4, 0, 0, 0, 0, 0] }.arrives
        let extended = Connection.untranslated.outgoing {
            $0.extensions = [.init(number: 0), .init(number: 43), .init(number: 60)]
        }.arrives
        let media = Connection(isTCP: false).incoming().arrives
        let quoted = Connection().outgoing().leaves
        let error = Packet(
            source: "192.0.2.1", destination: "203.0.113.7", content: .icmp(type: 3, quoted: quoted.bytes))
        return [
            (optional.fromClient(), "in0"), (extended.fromClient(), "in0"),
            (optional.fromClient(.init(protocolType: 0x88a8, vlan: 40), .init(vlan: 41)), "in0"),
            (media.fromUpstream(), "out0"), (error.fromUpstream(), "out0"),
        ]
    }()

    @Test func `a frame that is cut off anywhere passes as short`() async throws {
        let (cut, counters) = try await inOwnNamespace {
            let program = try Router().program()
            try Connection().open(program.maps)
            try Connection.untranslated.open(program.maps)
            var cut: UInt64 = 0
            for (frame, card) in Self.samples {
                for length in 14..<frame.count {  // The kernel's test runs want a whole Ethernet header.
                    _ = try program.run(Array(frame.prefix(length)), interface: index(card))
                    cut += 1
                }
            }
            return (cut, try counted(program.maps))
        }
        #expect(counters == ["pass_short": cut])
    }

    @Test func `an error that quotes any number of bytes keeps a valid checksum, or passes`() async throws {
        let connection = Connection()
        let quoted = connection.outgoing { $0.options = [1, 1, 1, 0] }.leaves.bytes
        let frames = try await inOwnNamespace {
            let program = try Router().program()
            try connection.open(program.maps)
            return try (0...quoted.count).map { length in
                let error = Packet(
                    source: "192.0.2.1", destination: connection.router,
                    content: .icmp(type: 11, quoted: Array(quoted.prefix(length))))
                return try program.run(error.fromUpstream(), interface: index("out0"))
            }
        }
        for (length, run) in frames.enumerated() {
            #expect(run.action == (length < 32 ? Row.Action.pass : .redirect).rawValue, "\(length) bytes")
            #expect(checksum(Array(run.frame[34...])) == 0, "\(length) bytes")
        }
    }

    @Test func `random packets of random flows leave as they would have been sent from there`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let wrong = try await inOwnNamespace {
            var random = Random(seed: seed)
            let program = try Router().program(flows: 2)
            var wrong: [String] = []
            for round in 0..<3000 {
                let connection = Connection(
                    clientPort: .random(in: 1...65535, using: &random),
                    serverPort: .random(in: 1...65535, using: &random),
                    routerPort: .random(in: 1...65535, using: &random), isTCP: Bool.random(using: &random))
                let payload = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                let options = [UInt8](repeating: 1, count: 4 * Int.random(in: 0...10, using: &random))
                let hops = UInt8.random(in: 2...255, using: &random)
                let isOut = Bool.random(using: &random)
                let change: (inout Packet) -> Void = {
                    $0.setPayload(payload)
                    $0.options = options
                }
                let packet = isOut ? connection.outgoing(hops: hops, change) : connection.incoming(hops: hops, change)
                try connection.open(program.maps)
                let run = try program.run(
                    isOut ? packet.arrives.fromClient() : packet.arrives.fromUpstream(),
                    interface: index(isOut ? "in0" : "out0"))
                if run.frame != (isOut ? packet.leaves.toUpstream() : packet.leaves.toClient()) {
                    wrong.append("round \(round): \(connection)")
                }
                program.maps.flows.remove(FlowPair(forward: connection.fromInside, reverse: connection.fromOutside))
            }
            return wrong
        }
        #expect(wrong.isEmpty, "seed \(seed)")
    }

    @Test func `older kernels, which follow several times as much of the program, follow it to its end, too`() throws {
        var info = bpf_prog_info()
        var length = UInt32(MemoryLayout<bpf_prog_info>.size)
        let program = try SteeringProgram(capacity: .init(flows: 1, pinholes: 1))
        #expect(bpf_obj_get_info_by_fd(program.descriptor, &info, &length) == 0)
        // The most is a million. Linux 6.1 was seen to need four times what 6.18 does.
        #expect(1..<150_000 ~= info.verified_insns)
    }
}
