import CSteering
import Foundation
import Steering
import Testing

/// What media leave with, and how much of them passes.
@Suite("Media", .enabled(if: isRoot, "needs root"))
struct MediaTests {
    @Test func `media leave with the DSCP that was chosen, and with the ECN that they came with`() async throws {
        try await inOwnNamespace {
            let program = try Router().program()
            try Connection.media.openMedia(program.maps)
            for dscp: UInt8? in [nil, 0, 46, 63] {
                program.maps.settings.mediaDSCP = dscp
                #expect(program.maps.settings.mediaDSCP == dscp)
                for field: UInt8 in [0, 1, 3, 0xb8, 0xff] {
                    var (arrives, leaves) = Connection.media.incoming()
                    arrives.serviceField = field
                    leaves.serviceField = dscp.map { $0 << 2 | field & 3 } ?? field
                    let run = try program.run(arrives.fromUpstream(), interface: index("out0"))
                    #expect(run.frame == leaves.toClient(), "\(field) with \(dscp ?? 255)")
                }
            }
        }
    }

    @Test func `a data connection keeps its DSCP`() async throws {
        try await inOwnNamespace {
            let program = try Router().program()
            try Connection().open(program.maps)
            program.maps.settings.mediaDSCP = 46
            let (arrives, leaves) = Connection().outgoing { $0.serviceField = 0x20 }
            #expect(try program.run(arrives.fromClient(), interface: index("in0")).frame == leaves.toUpstream())
        }
    }

    @Test func `what a direction of a stream has above its rate is dropped, and the rest passes`() async throws {
        let (before, during, after) = try await inOwnNamespace {
            let program = try Router().program()
            try Connection.media.openMedia(program.maps)
            func send() throws -> [String: UInt64] {
                let past = try counted(program.maps)
                for _ in 0..<5 {
                    for (frame, card) in [
                        (Connection.media.outgoing(Self.fill).arrives.fromClient(), "in0"),
                        (Connection.media.incoming(Self.fill).arrives.fromUpstream(), "out0"),
                    ] {
                        _ = try program.run(frame, interface: index(card))
                    }
                }
                return try counted(program.maps).merging(past) { $0 - $1 }.filter { $0.value > 0 }
            }
            let before = try send()
            program.maps.settings.mediaRate = 8000
            let during = try send()
            usleep(600_000)
            return (before, during, try send())
        }
        #expect(before == ["forward_flow": 10])
        #expect(during == ["forward_flow": 2, "drop_rate": 8])
        #expect(after == during)
    }

    /// A packet of a kilobyte takes a second at 8 kbit/s.
    @Sendable private static func fill(_ packet: inout Packet) {
        packet.setPayload([UInt8](repeating: 0x80, count: 1000 - 28))
    }
}
