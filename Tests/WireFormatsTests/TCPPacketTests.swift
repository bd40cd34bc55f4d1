import TestSupport
import Testing
import WireFormats

@Suite struct TCPPacketTests {
    private static let client = Endpoint(IPv4Address(192, 168, 1, 10), 40001)
    private static let server = Endpoint(IPv4Address(203, 0, 113, 21), 21)

    @Test func `A connection request is decoded with its options`() throws {
        let segment = try #require(TCPPacket(GoldenFrame.syn.bytes))
        #expect(segment.source == Self.client && segment.destination == Self.server)
        #expect(segment.sequence.value == 0xffff_fff0 && segment.acknowledgement.value == 0)
        #expect(segment.flags == .syn && segment.window == 64240 && segment.urgentPointer == 0)
        #expect(segment.timeToLive == 64 && segment.dontFragment)
        #expect(segment.options.maximumSegment == 1460 && segment.options.windowShift == 7)
        #expect(segment.options.permitsSelective && segment.options.blockCount == 0)
        #expect(
            segment.options.hasTimestamp && segment.options.timestamp == 0xd41ce && segment.options.timestampEcho == 0)
    }

    @Test func `An acknowledgement is decoded with its blocks, behind tags and IP options`() throws {
        let segment = try #require(TCPPacket(GoldenFrame.twiceTagged.bytes))
        #expect(segment.source == Self.server && segment.destination == Endpoint(IPv4Address(198, 51, 100, 7), 32768))
        #expect(segment.sequence.value == 0x1234_5678 && segment.acknowledgement.value == 1)
        #expect(segment.flags == .ack && segment.window == 229)
        #expect(segment.timeToLive == 1 && !segment.dontFragment)
        #expect(segment.options.selective == [[0x10, 0x20], [0x30, 0x45]])
        #expect(segment.options.maximumSegment == 0 && segment.options.windowShift == nil)
        #expect(!segment.options.permitsSelective && !segment.options.hasTimestamp)
    }

    @Test func `Urgent data is told from the padding behind it`() throws {
        let segment = try #require(TCPPacket(GoldenFrame.padded.bytes))
        #expect(segment.flags == [.fin, .psh, .ack, .urg] && segment.urgentPointer == 3)
        #expect(Array(GoldenFrame.padded.bytes[segment.payload]) == [0xff, 0xf4, 0xf2])
    }

    @Test("A segment stands where the packet has it, at every length of the frame", arguments: GoldenFrame.segments)
    func lengths(golden: GoldenFrame) {
        for count in 0...golden.bytes.count {
            let frame = Array(golden.bytes.prefix(count))
            let segment = TCPPacket(frame)
            #expect((segment != nil) == (count >= golden.end), "\(count) octets")
            guard let segment else { continue }
            #expect(segment.network == golden.network && segment.transport == golden.transport)
            #expect(segment.payload == golden.data..<golden.end)
            #expect(segment.isIntact(frame))
        }
    }

    @Test(
        "Fragments, other protocols and headers longer or shorter than can be are refused",
        arguments: [
            GoldenFrame.firstFragment.bytes, GoldenFrame.lastFragment.bytes,
            GoldenFrame.syn.with(17, at: 23), GoldenFrame.syn.with(1, at: 23),
            GoldenFrame.syn.with(0x00, at: 46), GoldenFrame.syn.with(0x40, at: 46), GoldenFrame.syn.with(0xb0, at: 46),
            GoldenFrame.padded.with(0x60, at: 46), GoldenFrame.syn.with(0, 39, at: 16),
        ])
    func refused(frame: [UInt8]) {
        #expect(TCPPacket(frame) == nil)
    }

    @Test("No single bit of a packet can change unnoticed", arguments: GoldenFrame.segments)
    func corruption(golden: GoldenFrame) {
        for bit in golden.network * 8..<golden.bytes.count * 8 {
            var frame = golden.bytes
            frame[bit / 8] ^= 0x80 >> UInt8(bit % 8)
            #expect((TCPPacket(frame)?.isIntact(frame) ?? false) == (bit / 8 >= golden.end), "bit \(bit)")
        }
    }

    @Test func `Whatever a frame holds, what is decoded of it lies within it`() {
        var random = Random()
        var decoded = 0
        for _ in 0..<50_000 {
            let golden = GoldenFrame.segments.randomElement(using: &random)!
            var frame = golden.bytes
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                frame[Int.random(in: 12..<frame.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            frame.removeLast(Int.random(in: 0...3, using: &random) * Int.random(in: 0...12, using: &random))
            guard let segment = TCPPacket(frame) else { continue }
            decoded += 1
            _ = segment.isIntact(frame)
            let ordered =
                segment.network >= 14 && segment.network + 20 <= segment.transport
                && segment.transport + 20 <= segment.payload.lowerBound && segment.payload.upperBound <= frame.count
            guard ordered else {
                Issue.record("\(frame), seed \(random.seed)")
                return
            }
        }
        #expect(decoded > 10_000, "too few frames were good, seed \(random.seed)")
    }
}
