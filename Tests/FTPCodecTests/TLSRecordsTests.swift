import FTPCodec
import TestSupport
import Testing

@Suite struct TLSRecordsTests {
    /// A TLS record with a body of `length` bytes that look like commands.
    private func record(_ type: UInt8, _ length: Int) -> [UInt8] {
        [type, 3, 3, UInt8(length >> 8), UInt8(length & 0xFF)] + (0..<length).map { bytes("PORT \n")[$0 % 6] }
    }

    private func follow(_ stream: [UInt8]) -> TLSRecords.Progress {
        var records = TLSRecords()
        return records.follow(stream)
    }

    @Test func `Records are followed to their ends, empty and longest ones too`() {
        let stream = (20...24).flatMap { record($0, Int($0) * 7) } + record(23, 0) + record(23, 1 << 14 + 2048) + [22]
        #expect(follow(stream) == .inside)
        #expect(follow([]) == .inside)
    }

    @Test(
        "Plain text after a record is found", arguments: ["PASV\r\n", " x", "200 OK\r\n", "\r\n", "\n", "\u{FF}\u{F4}"])
    func plaintext(text: String) {
        let stream = record(22, 300) + record(23, 50) + record(21, 2)
        #expect(follow(stream + bytes(text)) == .plaintext(at: stream.count))
    }

    @Test(
        "Broken framing is lost for ever",
        arguments: [
            [22, 2, 0], [22, 4, 0], [22, 3, 3, 0x48, 0x01], [22, 3, 3, 0xFF, 0xFF], [22, 3, 3, 0, 0, 25],
            [22, 3, 3, 0, 0, 0x80],
            [22, 3, 3, 0, 1, 7, 0],
        ] as [[UInt8]])
    func lost(stream: [UInt8]) {
        var records = TLSRecords()
        #expect(records.follow(stream) == .lost)
        let more = record(22, 4) + bytes("PASV\r\n")
        #expect(records.follow(more) == .lost)
    }

    @Test func `A stream that does not begin with a record is never read as plain text`() {
        #expect(follow(bytes("PASV\r\n")) == .lost)
        #expect(follow([0x80, 0x2E, 0x01]) == .lost)
    }

    @Test func `However the stream is split, the plain text is found at the same place`() {
        var random = Random()
        for _ in 0..<1_000 {
            var stream: [UInt8] = []
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                stream += record(UInt8.random(in: 20...24, using: &random), Int.random(in: 0...40, using: &random))
            }
            let end = stream.count
            stream += bytes("PASV\r\n")
            var records = TLSRecords()
            var start = 0
            var found: Int?
            while found == nil && start < stream.count {
                let next = Int.random(in: start...min(start + 9, stream.count), using: &random)
                let piece = Array(stream[start..<next])
                switch records.follow(([0] + piece).span.bytes, from: 1) {
                case .inside: break
                case .plaintext(let at): found = start + at - 1
                case .lost:
                    Issue.record("lost at \(start), seed \(random.seed)")
                    return
                }
                start = next
            }
            #expect(found == end, "seed \(random.seed)")
        }
    }
}
