import Testing
import WireFormats

@Suite struct IPv4PacketTests {
    @Test func `A packet is decoded as it stands in the frame`() throws {
        let packet = try #require(IPv4Packet(GoldenFrame.tagged.bytes))
        #expect(packet.offset == 18 && packet.payload == 38..<74)
        #expect(packet.source == IPv4Address(192, 168, 1, 10) && packet.destination == IPv4Address(203, 0, 113, 21))
        #expect(packet.protocolNumber == 6 && packet.timeToLive == 63)
        #expect(packet.dontFragment && !packet.isFragment)
    }

    @Test("A packet ends where it says, at every length of the frame", arguments: GoldenFrame.packets)
    func lengths(golden: GoldenFrame) {
        for count in 0...golden.bytes.count + 40 {
            let frame = Array((golden.bytes + [UInt8](repeating: 0xee, count: 40)).prefix(count))
            let packet = IPv4Packet(frame)
            #expect((packet != nil) == (count >= golden.end), "\(count) octets")
            if let packet {
                #expect(packet.offset == golden.network && packet.payload == golden.transport..<golden.end)
            }
        }
    }

    @Test("A quoted packet may be cut anywhere behind its header", arguments: GoldenFrame.packets)
    func quoted(golden: GoldenFrame) {
        for count in 0...golden.bytes.count {
            let packet = IPv4Packet(quotedIn: Array(golden.bytes.prefix(count)), at: golden.network)
            #expect(packet?.payload == (count < golden.transport ? nil : golden.transport..<min(count, golden.end)))
        }
    }

    @Test func `Fragments are told from packets that must not be, or may be, fragmented`() {
        let words = [0x0000, 0x4000, 0x8000, 0x2000, 0x0001, 0x1fff, 0x3fff, 0x6000].map { (word: UInt16) in
            IPv4Packet(GoldenFrame.syn.with(UInt8(word >> 8), UInt8(word & 0xff), at: 20))
        }
        #expect(words.map { $0?.isFragment } == [false, false, false, true, true, true, true, true])
        #expect(words.map { $0?.dontFragment } == [false, true, false, false, false, false, false, true])
        #expect(IPv4Packet(GoldenFrame.firstFragment.bytes)?.isFragment == true)
        #expect(IPv4Packet(GoldenFrame.lastFragment.bytes)?.isFragment == true)
    }

    @Test(
        "A frame that holds no IPv4 packet, or a header that contradicts itself, is refused",
        arguments: [
            GoldenFrame.syn.with(0x08, 0x06, at: 12), GoldenFrame.syn.with(0x86, 0xdd, at: 12),
            GoldenFrame.syn.with(0x81, 0x00, at: 12), GoldenFrame.twiceTagged.with(0x81, 0x00, at: 20),
            GoldenFrame.syn.with(0x65, at: 14), GoldenFrame.syn.with(0x05, at: 14),
            GoldenFrame.syn.with(0x44, at: 14), GoldenFrame.syn.with(0x40, at: 14),
            GoldenFrame.syn.with(0, 0, at: 16), GoldenFrame.syn.with(0, 19, at: 16),
            GoldenFrame.syn.with(0, 61, at: 16), GoldenFrame.syn.with(0xff, 0xff, at: 16),
            GoldenFrame.twiceTagged.with(0, 23, at: 24), GoldenFrame.lastFragment.with(0x49, at: 14),
        ])
    func refused(frame: [UInt8]) {
        #expect(IPv4Packet(frame) == nil)
    }
}
