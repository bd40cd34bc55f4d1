import FTPCodec
import TestSupport
import Testing

@Suite struct LineEndTests {
    @Test("The end is just after the first LF, wherever it stands", arguments: 0..<40)
    func position(index: Int) {
        var line = [UInt8](repeating: 0x8A, count: 40)
        #expect(lineEnd(line, from: 0) == nil)
        line[index] = 10
        line[39] = 10
        for start in 0...index { #expect(lineEnd(line, from: start) == index + 1) }
        #expect(lineEnd(line, from: 40) == nil)
    }

    @Test("A byte that differs from LF in one bit is not taken for it", arguments: 0..<8)
    func neighbours(bit: Int) {
        let line = [UInt8](repeating: 10 ^ 1 << UInt8(bit), count: 19) + [10]
        #expect(lineEnd(line, from: 0) == 20)
    }

    @Test func `CR alone does not end a line and several lines end one by one`() {
        let line = bytes("NOOP\r\nPASV\nA\rB")
        #expect(lineEnd(line, from: 0) == 6)
        #expect(lineEnd(line, from: 6) == 11)
        #expect(lineEnd(line, from: 11) == nil)
    }
}
