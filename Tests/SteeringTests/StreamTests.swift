import CSteering
import Steering
import TestSupport
import Testing

/// A worker's use of streams, which compiles only if it neither allocates nor locks.
@_noLocks
private func openMedia(
    _ maps: SteeringMaps, _ batch: inout FlowBatch, _ pair: FlowPair,
    _ leaves: (steering_translation, steering_translation)
) -> Int {
    maps.streams.reset(0, clockRate: 8000)
    maps.streams.reset(1, clockRate: 8000)
    batch.append(pair.forward, steering_flow(leaves: leaves.0, conversation: 7, tick: 1, stream: 0))
    batch.append(pair.reverse, steering_flow(leaves: leaves.1, conversation: 7, tick: 1, stream: 1))
    return batch.insert(into: maps.flows)
}

extension SteeringProgram {
    /// What a stream says; the maps live at least as long as it is read.
    func stream(_ index: Int) -> steering_stream { withExtendedLifetime(self) { maps.streams.read(index) } }
}

extension Connection {
    /// Media between the client and a peer outside; stream 0 is the client's, stream 1 the peer's.
    static let media = Connection(clientPort: 10000, serverPort: 20000, routerPort: 33002, isTCP: false)

    var pair: FlowPair { FlowPair(forward: fromInside, reverse: fromOutside) }

    @Sendable func openMedia(_ maps: SteeringMaps) throws {
        announce(maps.filter)
        var batch = FlowBatch()
        guard SteeringTests.openMedia(maps, &batch, pair, (toOutside, toInside)) == 2 else {
            throw SetupFailure(what: "no room")
        }
    }
}

/// Sequences of RTP packets, and what must have been counted behind them.
private struct StreamRow: Sendable {
    let name: String
    let packets: [RTP]
    let figures: StreamFigures

    init(
        _ name: String, _ sequences: [UInt16], highest: UInt32, lost: UInt32 = 0, duplicates: UInt32 = 0,
        reordered: UInt32 = 0, late: UInt32 = 0, strays: UInt32 = 0, restarts: UInt32 = 0,
        source: UInt32 = 0x1234_5678, change: (inout [RTP]) -> Void = { _ in }
    ) {
        var packets = sequences.map { RTP(sequence: $0) }
        change(&packets)
        self.name = name
        self.packets = packets
        figures = StreamFigures(
            packets: UInt32(packets.count), lost: lost, duplicates: duplicates, reordered: reordered, late: late,
            strays: strays, restarts: restarts, highest: highest, source: source, payloadType: 8)
    }
}

private let streamRows: [StreamRow] = [
    StreamRow("in order", [7, 8, 9], highest: 9),
    StreamRow("gap", [7, 10, 11], highest: 11, lost: 2),
    StreamRow("gap filled late", [7, 10, 9, 8], highest: 10, reordered: 2),
    StreamRow("gap filled in part", [7, 10, 8, 11], highest: 11, lost: 1, reordered: 1),
    StreamRow("duplicate", [7, 8, 8, 7], highest: 8, duplicates: 2),
    StreamRow("late one twice", [7, 9, 8, 8], highest: 9, duplicates: 1, reordered: 1),
    StreamRow("wrap", [65534, 65535, 0, 1], highest: 65537),
    StreamRow("gap across the wrap", [65534, 1], highest: 65537, lost: 2),
    StreamRow("reordering across the wrap", [65534, 0, 65535, 1], highest: 65537, reordered: 1),
    StreamRow("duplicate across the wrap", [65534, 65535, 0, 65535], highest: 65536, duplicates: 1),
    StreamRow("before the first", [7, 6, 8], highest: 8, reordered: 1),
    StreamRow("before the first, beside a gap", [7, 9, 6], highest: 9, lost: 1, reordered: 1),
    StreamRow("before the first, twice", [7, 6, 6], highest: 7, duplicates: 1, reordered: 1),
    StreamRow("before the first, sequence number 0", [0, 65535, 1], highest: 1, reordered: 1),
    StreamRow("the window's last", [100, 164, 101], highest: 164, lost: 62, reordered: 1),
    StreamRow("beyond the window", [100, 164, 100], highest: 164, lost: 63, late: 1),
    StreamRow("the window's last, seen", [100, 163, 100], highest: 163, lost: 62, duplicates: 1),
    StreamRow("gap of 63", [100, 164, 163], highest: 164, lost: 62, reordered: 1),
    StreamRow("gap of 65", [100, 166, 165, 101], highest: 166, lost: 64, reordered: 1, late: 1),
    StreamRow("the farthest that is late", [200, 101], highest: 200, late: 1),
    StreamRow("the nearest that is a jump back", [200, 100], highest: 200, strays: 1),
    StreamRow("the farthest gap", [7, 3006], highest: 3006, lost: 2998),
    StreamRow("the nearest jump", [7, 3007, 8], highest: 8, strays: 1),
    StreamRow("jump", [7, 30000, 30001, 30002], highest: 30002, strays: 1, restarts: 1),
    StreamRow("jump across the wrap", [300, 40000, 65535, 0], highest: 0, strays: 2, restarts: 1),
    StreamRow("two jumps", [7, 30000, 50000, 8], highest: 8, strays: 2),
    StreamRow("jump, proven later", [7, 30000, 8, 30001], highest: 30001, strays: 1, restarts: 1),
    StreamRow("jump with a gap before it", [7, 9, 30000, 30001], highest: 30001, lost: 1, strays: 1, restarts: 1),
    StreamRow("SSRC changes", [7, 9, 50, 51], highest: 51, lost: 1, restarts: 1, source: 9) {
        $0[2].source = 9
        $0[3].source = 9
    },
    StreamRow("SSRC changes, same numbers", [7, 8, 8, 7], highest: 8, reordered: 1, restarts: 1, source: 9) {
        $0[2].source = 9
        $0[3].source = 9
    },
    StreamRow("SSRC 0", [7, 8], highest: 8, source: 0) { for index in $0.indices { $0[index].source = 0 } },
    StreamRow("payload type changes, marked", [7, 8, 9], highest: 9) {
        $0[0].payloadType = 101
        $0[2].payloadType = 0x80 | 8
    },
]

@Suite("Streams", .enabled(if: isRoot, "needs root"))
struct StreamTests {
    /// Has the peer send payloads, each in a packet of its own.
    private static func send(_ payloads: [[UInt8]], _ program: SteeringProgram) throws {
        for payload in payloads {
            let packet = Connection.media.incoming { $0.setPayload(payload) }
            let run = try program.run(packet.arrives.fromUpstream(), interface: index("out0"))
            guard run.frame == packet.leaves.toClient() else { throw SetupFailure(what: "not forwarded: \(payload)") }
        }
    }

    /// What the stream says when the peer has sent payloads.
    private static func stream(_ payloads: [[UInt8]], clockRate: UInt32 = 8000) async throws -> steering_stream {
        try await inOwnNamespace {
            let program = try Router().program()
            try Connection.media.openMedia(program.maps)
            program.maps.streams.reset(1, clockRate: clockRate)
            try send(payloads, program)
            return program.stream(1)
        }
    }

    @Test func `each sequence is counted as its row, and RFC 3550 A_1, say`() async throws {
        let seen = try await inOwnNamespace {
            let program = try Router().program()
            try Connection.media.openMedia(program.maps)
            return try streamRows.map { row in
                program.maps.streams.reset(1, clockRate: 8000)
                try Self.send(row.packets.map(\.bytes), program)
                return StreamFigures(program.stream(1))
            }
        }
        for (row, figures) in zip(streamRows, seen) {
            var model = RTPModel()
            for packet in row.packets { model.receive(packet) }
            #expect(figures == row.figures, "\(row.name)")
            #expect(StreamFigures(model) == row.figures, "the model: \(row.name)")
        }
    }

    @Test(arguments: [
        ("RTCP, RFC 5761 section 4", [UInt8]([0x80, 200] + Array(repeating: 0, count: 20))),
        ("the first RTCP type", [0x81, 192] + Array(repeating: 0, count: 20)),
        ("the last RTCP type", [0x81, 223] + Array(repeating: 0, count: 20)),
        ("STUN, RFC 7983", [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42] + Array(repeating: 0, count: 12)),
        ("DTLS, RFC 7983", [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4]),
        ("TURN channel, RFC 7983", [64, 0, 0, 8] + Array(repeating: 0, count: 12)),
        ("version 1", [0x7f, 8] + Array(repeating: 0, count: 20)),
        ("version 3", [0xc0, 8] + Array(repeating: 0, count: 20)),
        ("11 bytes", [0x80, 8] + Array(repeating: 0, count: 9)),
        ("nothing", []),
    ])
    func `what is no RTP is forwarded and not counted`(name: String, payload: [UInt8]) async throws {
        let stream = try await Self.stream([payload])
        var untouched = steering_stream()
        untouched.clock_rate = 8000
        #expect(raw(stream) == raw(untouched))
    }

    @Test(arguments: [[0x80, 191], [0xbf, 224], [0xa0, 127]] as [[UInt8]])
    func `RTP at the edges of RTCP is counted, with the least that it can have`(start: [UInt8]) async throws {
        let stream = try await Self.stream([start + Array(repeating: 0, count: 10)])
        #expect(stream.packets == 1)
        #expect(stream.payload_type == start[1] & 0x7f)
    }

    @Test func `padding behind the packet is no RTP`() async throws {
        let packets = try await inOwnNamespace {
            let program = try Router().program()
            try Connection.media.openMedia(program.maps)
            let packet = Connection.media.incoming { $0.setPayload([0x80, 8, 0, 1]) }
            _ = try program.run(
                packet.arrives.fromUpstream() + Array(repeating: 0x80, count: 40), interface: index("out0"))
            return (program.stream(1).packets, try counted(program.maps)["forward_flow"])
        }
        #expect(packets == (0, 1))
    }

    @Test func `each direction has a stream of its own`() async throws {
        let (streams, flows) = try await inOwnNamespace {
            let program = try Router().program()
            try Connection.media.openMedia(program.maps)
            for sequence in 1...3 as ClosedRange<UInt16> {
                let packet = Connection.media.outgoing { $0.setPayload(RTP(sequence: sequence).bytes) }
                _ = try program.run(packet.arrives.fromClient(), interface: index("in0"))
            }
            try Self.send([RTP(sequence: 9).bytes], program)
            let seen = try SteeringMaps(ids: program.maps.ids)  // As the command line does.
            return try withExtendedLifetime(seen) {
                ([0, 1, 2].map { seen.streams.read($0).packets }, try seen.flows.entries().map(\.value))
            }
        }
        #expect(streams == [3, 1, 0])
        #expect(Set(flows.map(\.stream)) == [0, 1])
        #expect(flows.map(\.packets).sorted() == [1, 3])
        #expect(flows.allSatisfy { $0.hop.proof != 0 && !$0.isWorkers && $0.flags & 0xff == 0 })
    }

    @Test func `a flow whose stream is not there is forwarded`() async throws {
        let streams = try await inOwnNamespace {
            let program = try Router().program()
            let media = Connection.media
            media.announce(program.maps.filter)
            let last = Int(STEERING_STREAMS_MAX.rawValue) - 1
            let flow = steering_flow(leaves: media.toInside, conversation: 7, tick: 1, stream: last)
            try program.maps.flows.set(media.fromOutside, to: flow)
            try Self.send([RTP(sequence: 9).bytes], program)
            return (0..<program.maps.streams.count).map { program.stream($0).packets }
        }
        #expect(streams == Array(repeating: 0, count: 8))
    }

    @Test func `a batch adds as many flows as the map has room for, and removes those that are there`() async throws {
        let flows = try await inOwnNamespace {
            let maps = try Router().program(flows: 3).maps
            try Connection.media.openMedia(maps)
            let other = Connection(clientPort: 10002, serverPort: 20002, routerPort: 33004, isTCP: false)
            #expect(throws: SetupFailure.self) { try other.openMedia(maps) }
            let full = Set(try maps.flows.entries().map { raw($0.key) })
            var batch = FlowBatch()
            for key in [other.fromOutside, Connection.media.fromInside, other.fromOutside, other.fromInside] {
                batch.append(key)
            }
            batch.remove(from: maps.flows)
            return (full, try maps.flows.entries().map { raw($0.key) })
        }
        let media = Connection.media
        let other = Connection(clientPort: 10002, serverPort: 20002, routerPort: 33004, isTCP: false)
        #expect(flows.0 == [raw(media.fromInside), raw(media.fromOutside), raw(other.fromInside)])
        #expect(flows.1 == [raw(media.fromOutside)])
    }

    /// Loss, duplicates and reordering within the window, now and then a jump or another source.
    @Test func `any stream is counted as RFC 3550 A_1 says`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let wrong = try await inOwnNamespace {
            var random = Random(seed: seed)
            let program = try Router().program()
            try Connection.media.openMedia(program.maps)
            for round in 0..<12 {
                program.maps.streams.reset(1, clockRate: [0, 8000, 90000].randomElement(using: &random)!)
                var model = RTPModel()
                for (count, packet) in Self.randomStream(&random).enumerated() {
                    model.receive(packet)
                    try Self.send([packet.bytes], program)
                    let figures = StreamFigures(program.stream(1))
                    if figures != StreamFigures(model) {
                        return "round \(round), packet \(count): \(figures), not \(StreamFigures(model))"
                    }
                }
            }
            return ""
        }
        #expect(wrong.isEmpty, "seed \(seed)")
    }

    private static func randomStream(_ random: inout Random) -> [RTP] {
        var next = RTP(sequence: [0, 65500, .random(in: 0...65535, using: &random)].randomElement(using: &random)!)
        var packets: [(place: Int, packet: RTP)] = []
        for place in 0..<200 {
            next.sequence &+= 1
            switch UInt8.random(in: 0..<100, using: &random) {
            case 0: next.sequence &+= .random(in: 0...65535, using: &random)
            case 1: next.source = .random(in: 0...3, using: &random)
            case 2...3: next.sequence &+= .random(in: 0...150, using: &random)
            case 4...12: continue
            default: break
            }
            next.payloadType = .random(in: 0...63, using: &random)
            packets.append((place, next))
            let isRepeated = UInt8.random(in: 0..<100, using: &random) < 8
            if isRepeated { packets.append((place + .random(in: 0...90, using: &random), next)) }
            let isLate = UInt8.random(in: 0..<100, using: &random) < 15
            if isLate { packets[packets.count - 1].place += .random(in: 0...90, using: &random) }
        }
        return packets.enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map(\.element.packet)
    }
}
