import Rewriting
import Testing
import WireFormats

/// Headers: what is kept of the packet being worked on, and what the gateway writes itself.
@Suite struct SegmentWriterTests {
    /// A bench on which the client has sent an edited command, then 4 more lines, none of them acknowledged.
    private func bench() -> Bench {
        let bench = Bench.open()
        bench.acknowledges = false
        for line in ["PORT 10,0,0,5,4,1", "NOOP", "SYST", "TYPE I", "FEAT"] { bench.say(.inside, line + "\r\n") }
        return bench
    }

    /// The acknowledgement of nothing new by the server, with selective blocks given as distances from the first line.
    private func answer(_ bench: Bench, _ blocks: [(Int, Int)]) -> [Segment] {
        var segment = bench.segment(.outside)
        segment.acknowledgement = 1001
        segment.options.selective = blocks.map { (UInt32(1001 + $0.0), UInt32(1001 + $0.1)) }
        return bench.send(segment).to(bench.client)
    }

    @Test func `selective acknowledgements come out in the source's numbers`() {
        let bench = bench()
        let grown = bench.server.text.split(separator: "\r\n")[0].utf8.count + 2
        let answer = answer(bench, [(grown, grown + 6), (grown + 12, grown + 20)])
        #expect(answer.count == 1)
        #expect(answer[0].options.selective.map { [$0.start &- 1001, $0.end &- 1001] } == [[19, 25], [31, 39]])
        #expect(answer[0].acknowledgement == 1001)
    }

    @Test func `a block within an edit, and one of what was never sent, become padding`() {
        let bench = bench()
        let grown = bench.server.text.split(separator: "\r\n")[0].utf8.count + 2
        let answer = answer(bench, [(3, 9), (grown, grown + 6), (500, 600)])
        #expect(answer[0].options.selective.map { [$0.start &- 1001, $0.end &- 1001] } == [[19, 25]])
        let none = self.answer(bench, [(3, 9)])
        #expect(none.count == 1 && none[0].options.selective.isEmpty)
    }

    @Test func `type of service, identification and congestion bits stay`() throws {
        let bench = Bench.open()
        var frame = bench.segment(.inside, Array("NOOP\r\n".utf8)).frame
        frame[15] = 0x12
        put(0xBEEF, into: &frame, at: 18)
        frame[47] |= 0xC0
        put(0, into: &frame, at: 24)
        put(~onesSum(frame, 14..<34), into: &frame, at: 24)
        put(0, into: &frame, at: 50)
        put(~tcpSum(frame, 34), into: &frame, at: 50)
        let span = frame.span.bytes
        let packet = TCPPacket(span)
        _ = bench.gateway.receive(span, packet, from: .inside, now: bench.now)
        var out = [UInt8](repeating: 0, count: 200)
        out[12] = 8
        var mutable = out.mutableSpan
        var bytes = mutable.mutableBytes
        let length = bench.gateway.write(bench.gateway.outbox[0], cause: packet, span, into: &bytes, at: 14)
        #expect(length == 46 && out[15] == 0x12 && number16(out, 18) == 0xBEEF && out[47] & 0xC0 == 0xC0)
        #expect(out[22] == 63)
        #expect(throws: Never.self) { try Segment(Array(out.prefix(14 + length))) }
    }

    @Test func `the gateway's own segments carry a timestamp where that was agreed`() {
        let bench = Bench()
        bench.options.timestamps = (100, 1)
        bench.connect()
        let sent = bench.say(.inside, "PORT 1").to(bench.client)
        #expect(sent.count == 1 && sent[0].options.timestamps?.own == 100 && sent[0].options.timestamps?.echo == 100)
    }
}
