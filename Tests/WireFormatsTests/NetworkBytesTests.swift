import TestSupport
import Testing
import WireFormats

@Suite struct NetworkBytesTests {
    @Test func `A frame written number by number is the golden one`() {
        let frame = written(74) { frame in
            frame.put(0x0200_0000 as UInt32, at: 0)
            frame.put(0x0001 as UInt16, at: 4)
            frame.put(0x0200_0000 as UInt32, at: 6)
            frame.put(0x0002 as UInt16, at: 10)
            frame.put(0x8100_2064 as UInt32, at: 12)
            frame.put(0x0800 as UInt16, at: 16)

            frame.put(0x45 as UInt8, at: 18)
            frame.put(56 as UInt16, at: 20)
            frame.put(0x1c46 as UInt16, at: 22)
            frame.put(0x4000 as UInt16, at: 24)
            frame.put(63 as UInt8, at: 26)
            frame.put(6 as UInt8, at: 27)
            frame.put(IPv4Address(192, 168, 1, 10), at: 30)
            frame.put(IPv4Address(203, 0, 113, 21), at: 34)
            frame.put(Checksum.finish(Checksum.sum(frame.bytes, 18..<38)), at: 28)

            frame.put(40001 as UInt16, at: 38)
            frame.put(21 as UInt16, at: 40)
            frame.put(0xffff_fff1 as UInt32, at: 42)
            frame.put(0x1234_5678 as UInt32, at: 46)
            frame.put(0x50 as UInt8, at: 50)
            frame.put(TCPFlags.psh.with(.ack).rawValue, at: 51)
            frame.put(502 as UInt16, at: 52)
            let line = Array("USER anonymous\r\n".utf8)
            frame.copy(line.span.bytes, 0..<16, to: 58)
            let pseudo = Checksum.pseudoHeader(
                frame.bytes.address(at: 30), frame.bytes.address(at: 34), protocol: 6, length: 36)
            frame.put(Checksum.finish(Checksum.sum(frame.bytes, 38..<74, onto: pseudo)), at: 54)
        }
        #expect(frame == GoldenFrame.tagged.bytes)
    }

    @Test func `Every range is copied whole, and nothing beside it is touched`() {
        let source = (0..<118).map { UInt8(0x80 + $0) }
        for count in 0...100 {
            for from in 0...18 {
                for to in 0...18 {
                    let copy = written(118) { $0.copy(source.span.bytes, from..<from + count, to: to) }
                    var expected = [UInt8](repeating: 0, count: 118)
                    expected.replaceSubrange(to..<to + count, with: source[from..<from + count])
                    guard copy == expected else {
                        Issue.record("\(count) octets from \(from) to \(to)")
                        return
                    }
                }
            }
        }
    }

    @Test func `Copied ahead every range is whole, and at most 31 octets behind it are touched`() {
        let source = (0..<118).map { UInt8(0x80 + $0) }
        for count in 0...100 {
            for from in [0, 1, 18] {
                for to in [0, 7, 18] {
                    let copy = written(118) { $0.copyAhead(source.span.bytes, from..<from + count, to: to) }
                    let beside = copy[..<to] + copy.dropFirst(to + count + 31)
                    #expect(copy[to..<to + count] == source[from..<from + count] && beside.allSatisfy { $0 == 0 })
                }
            }
        }
    }

    @Test(
        "The program stops rather than copy beyond either end",
        arguments: [
            (-1, 16, 0), (0, 65, 0), (60, 76, 0), (0, 64, 1), (0, 16, 49), (0, 1, 64), (0, 16, -1), (0, 16, 65),
            (0, 16, Int.max), (0, 32, Int.max - 15),
        ])
    func bounds(start: Int, end: Int, offset: Int) async {
        await #expect(processExitsWith: .trap) { [start, end, offset] in
            let source = [UInt8](repeating: 0, count: 64)
            _ = written(64) { $0.copy(source.span.bytes, start..<end, to: offset) }
        }
    }

    @Test("The program stops rather than read or write a number beyond the end", arguments: [-1, 61, 64, Int.max])
    func numbers(offset: Int) async {
        await #expect(processExitsWith: .trap) { [offset] in
            let bytes = [UInt8](repeating: 0, count: 64)
            _ = bytes.span.bytes.number32(at: offset)
        }
        await #expect(processExitsWith: .trap) { [offset] in
            _ = written(64) { $0.put(0 as UInt32, at: offset) }
        }
    }
}
