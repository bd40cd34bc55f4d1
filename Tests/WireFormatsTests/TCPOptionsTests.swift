import Testing
import WireFormats

@Suite struct TCPOptionsTests {
    /// An option that is read only if the list has not ended before it.
    private static let marker: [UInt8] = [2, 4, 0x05, 0xb4]

    @Test("A window scale above 14 means 14", arguments: [0, 1, 13, 14, 15, 255] as [UInt8])
    func windowScale(shift: UInt8) {
        #expect(TCPOptions([3, 3, shift]).windowShift == min(shift, 14))
    }

    @Test("Selective acknowledgements have one to four blocks", arguments: 1...4)
    func blocks(count: Int) {
        let blocks: [[UInt32]] = [[0xffff_fff0, 5], [16, 32], [48, 69], [0x7fff_ffff, 0x8000_0000]]
        let edges: [UInt8] = octets("fffffff0 00000005 00000010 00000020 00000030 00000045 7fffffff 80000000")
        let option: [UInt8] = [1, 1, 5, UInt8(2 + 8 * count)] + edges[..<(8 * count)]
        let options = TCPOptions(option + (count < 4 ? Self.marker : []))
        #expect(options.selective == Array(blocks[..<count]))
        #expect(options.maximumSegment == (count < 4 ? 1460 : 0))
    }

    @Test func `Of two lists of blocks the last one counts`() {
        let first: [UInt8] = [5, 10, 0, 0, 0, 1, 0, 0, 0, 2]
        let second: [UInt8] = [5, 18, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6]
        #expect(TCPOptions(first + second).selective == [[3, 4], [5, 6]])
        #expect(TCPOptions(second + first).selective == [[1, 2]])
    }

    @Test func `Timestamps are read wherever they stand`() {
        let option = octets("080a 01234567 89abcdef")
        for before in [[], [1], [1, 1], [4, 2], [254, 3, 7]] as [[UInt8]] {
            let options = TCPOptions(before + option)
            #expect(options.hasTimestamp && options.timestamp == 0x0123_4567 && options.timestampEcho == 0x89ab_cdef)
        }
    }

    @Test(
        "Options that are unknown, or known by another length, are skipped",
        arguments: [
            [1], [253, 2], [254, 6, 1, 2, 3, 4], [2, 3, 9], [2, 5, 9, 9, 9], [3, 2], [3, 4, 9, 9], [4, 3, 9], [5, 2],
            [5, 9, 9, 9, 9, 9, 9, 9, 9], [8, 6, 9, 9, 9, 9],
        ] as [[UInt8]])
    func skipped(option: [UInt8]) {
        let options = TCPOptions(option + Self.marker)
        #expect(options.maximumSegment == 1460)
        #expect(options.windowShift == nil && !options.permitsSelective && !options.hasTimestamp)
        #expect(options.blockCount == 0)
    }

    @Test(
        "The end of the list, or a length that cannot be, ends it",
        arguments: [
            [0], [3, 0, 9], [253, 1], [8, 255, 1, 2, 3, 4, 5, 6, 7, 8], [5, 19, 0, 0, 0, 1, 0, 0, 0, 2], [253, 0],
            [254, 7],
        ] as [[UInt8]])
    func ended(option: [UInt8]) {
        let options = TCPOptions([4, 2] + option + Self.marker)
        #expect(options.permitsSelective, "what stands before is read")
        #expect(options.maximumSegment == 0 && options.windowShift == nil && !options.hasTimestamp)
        #expect(options.blockCount == 0)
    }

    @Test(
        "An option that is cut is not read, and none behind the list is",
        arguments: [
            [2, 4, 5, 0xb4], [3, 3, 7], [4, 2], [5, 10, 0, 0, 0, 1, 0, 0, 0, 2], [8, 10, 0, 0, 0, 1, 0, 0, 0, 2],
        ] as [[UInt8]])
    func cut(option: [UInt8]) {
        for count in 0..<option.count {
            let options = TCPOptions(Array(option.prefix(count)))
            #expect(options.maximumSegment == 0 && options.windowShift == nil && !options.permitsSelective)
            #expect(options.blockCount == 0 && !options.hasTimestamp)
        }
    }
}
