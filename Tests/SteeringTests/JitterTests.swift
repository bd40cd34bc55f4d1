import CSteering
import Steering
import TestSupport
import Testing

/// Interarrival jitter (RFC 3550 section 6.4.1 and A.8).
@Suite("Jitter")
struct JitterTests {
    /// A.8 as it is printed there, its integers wide enough for any difference.
    private static func next(_ jitter: Int64, _ difference: Int64) -> Int64 {
        jitter + abs(difference) - ((jitter + 8) >> 4)
    }

    @Test func `the estimate follows A_8 for any differences`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = Random(seed: seed)
        var jitter: UInt32 = 0
        var expected: Int64 = 0
        for _ in 0..<100_000 {
            let bound = Int32(1) << Int32.random(in: 0...24, using: &random)
            let difference = Int32.random(in: -bound...bound, using: &random)
            jitter = steering_jitter(jitter, UInt32(bitPattern: difference))
            expected = Self.next(expected, Int64(difference))
            guard Int64(jitter) == expected else { break }
        }
        #expect(Int64(jitter) == expected, "seed \(seed)")
    }

    @Test func `a time in units of a clock is the product, and differences are right to a unit`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = Random(seed: seed)
        for rate in [1, 8000, 11025, 16000, 44100, 48000, 90000, STEERING_CLOCK_RATE_MAX.rawValue] {
            for _ in 0..<2000 {
                let start = UInt64.random(in: 0...(1 << 62), using: &random)
                // At most 2^31 units, which is how far a 32-bit difference reaches.
                let most = min(UInt64(1) << 61, (UInt64(1) << 31) * 1_000_000_000 / UInt64(rate))
                let nanoseconds = UInt64.random(
                    in: 0...(most >> UInt64.random(in: 0...40, using: &random)), using: &random)
                let passed = steering_clock_units(start + nanoseconds, rate) &- steering_clock_units(start, rate)
                let exact = Double(nanoseconds) * Double(rate) / 1e9
                #expect(
                    abs(Double(passed) - exact) <= 1 + Double(nanoseconds) / 1e9 / 500, "rate \(rate), seed \(seed)")
            }
        }
    }

    /// Packets that say they are ten seconds apart come at once: the differences of their transit times are ten seconds,
    /// but for the little time that the test took.
    @Test(.enabled(if: isRoot, "needs root"))
    func `timestamps apart from arrivals are jitter`() async throws {
        let streams = try await Self.streams(of: (0..<20).map { RTP(sequence: $0, timestamp: UInt32($0) &* 80000) })
        var expected: Int64 = 0
        for stream in streams {
            #expect(abs(Int64(stream.jitter) - expected) <= expected / 50)
            expected = Self.next(expected, 80000)
        }
        #expect(streams.last!.jitter > 700_000)
    }

    @Test(.enabled(if: isRoot, "needs root"))
    func `a sequence that begins anew has no jitter, and a stray changes none`() async throws {
        let packets = [
            RTP(sequence: 1), RTP(sequence: 2, timestamp: 80000), RTP(sequence: 30000, timestamp: 7),
            RTP(sequence: 30001, timestamp: 900_000), RTP(sequence: 30002, timestamp: 980_000),
            RTP(sequence: 1, timestamp: 5, source: 9),
        ]
        let jitter = try await Self.streams(of: packets).map(\.jitter)
        #expect(jitter[0] == 0 && jitter[3] == 0 && jitter[5] == 0)
        #expect(jitter[1] == jitter[2])
        #expect(78000...80000 ~= jitter[1] && 78000...80000 ~= jitter[4])
    }

    @Test(.enabled(if: isRoot, "needs root"), arguments: [0, STEERING_CLOCK_RATE_MAX.rawValue + 1])
    func `without a clock rate there is no jitter`(rate: UInt32) async throws {
        let packets = [RTP(sequence: 1), RTP(sequence: 2, timestamp: 80000)]
        let stream = try #require(try await Self.streams(of: packets, clockRate: rate).last)
        #expect(stream.packets == 2)
        #expect([stream.jitter, stream.transit, stream.clock_rate] == [0, 0, 0])
    }

    /// The stream behind each of the packets.
    private static func streams(of packets: [RTP], clockRate: UInt32 = 8000) async throws -> [steering_stream] {
        try await inOwnNamespace {
            let program = try Router().program()
            try Connection.media.openMedia(program.maps)
            program.maps.streams.reset(1, clockRate: clockRate)
            return try packets.map { rtp in
                let packet = Connection.media.incoming { $0.setPayload(rtp.bytes) }
                _ = try program.run(packet.arrives.fromUpstream(), interface: index("out0"))
                return program.stream(1)
            }
        }
    }
}
