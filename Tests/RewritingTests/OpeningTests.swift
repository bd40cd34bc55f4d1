import Rewriting
import Testing
import WireFormats

/// How conversations open and end, and what becomes of packets of none.
@Suite struct OpeningTests {
    @Test func `the SYN goes out from a public endpoint, its options kept, its window scale 0`() {
        let bench = Bench()
        var options = Segment.Options()
        options.maximumSegment = 1400
        options.windowShift = 7
        options.permitsSelective = true
        options.timestamps = (77, 0)
        let sent = bench.send(bench.segment(.inside, flags: .syn, options: options))
        #expect(sent.count == 1)
        #expect(sent[0].source.address == Bench.publicAddress && 40000...40099 ~= sent[0].source.port)
        #expect(sent[0].options.maximumSegment == 1400 && sent[0].options.permitsSelective)
        #expect(sent[0].options.timestamps?.own == 77 && sent[0].options.windowShift == 0)
        #expect(sent[0].window == 16384 - 128 && sent[0].sequence == bench.client.next && sent[0].timeToLive == 63)
    }

    @Test func `a repeated SYN goes out from the same public endpoint`() {
        let bench = Bench()
        let first = bench.send(bench.segment(.inside, flags: .syn))
        let second = bench.send(bench.segment(.inside, flags: .syn))
        #expect(first[0].source == second[0].source && second[0].sequence == first[0].sequence)
        #expect(bench.gateway.conversationCount == 1 && bench.count(.conversationsOpened) == 1)
        #expect(bench.count(.acceptOpening) == 2)
    }

    @Test func `data on a SYN is left to be repeated`() {
        let bench = Bench()
        let sent = bench.send(bench.segment(.inside, Array("USER x\r\n".utf8), flags: .syn))
        #expect(sent.count == 1 && sent[0].data.isEmpty)
    }

    @Test func `a refused connection is forgotten, and may be tried again`() {
        let bench = Bench()
        bench.send(bench.segment(.inside, flags: .syn))
        bench.client.next &+= 1
        bench.server.expected = bench.client.next
        let answer = bench.send(bench.segment(.outside, flags: TCPFlags.rst.with(.ack)))
        #expect(answer.count == 1 && answer[0].flags.has(.rst) && answer[0].destination == bench.client.endpoint)
        bench.client.next = 90_000
        #expect(bench.send(bench.segment(.inside, flags: .syn)).count == 1)
        #expect(bench.count(.conversationsOpened) == 2 && bench.gateway.conversationCount == 1)
    }

    @Test func `after its end the same ends may open a new conversation`() {
        let bench = Bench.open()
        bench.say(.inside, "QUIT\r\n", flags: TCPFlags.fin.with(.ack))
        bench.say(.outside, "221 Bye\r\n", flags: TCPFlags.fin.with(.ack))
        #expect(bench.gateway[0].phase == .closed)
        bench.client.next = 700_000
        bench.server.next = 800_000
        bench.connect()
        #expect(bench.gateway[0].phase == .open && bench.count(.conversationsOpened) == 2)
        bench.say(.outside, "220 Hello again\r\n")
        #expect(bench.client.text.hasSuffix("220 Hello again\r\n"))
        bench.wait(1)
        #expect(bench.gateway.freeBlocks == 256)
    }

    @Test func `an ended conversation is remembered for the transitory time and then free`() {
        let bench = Bench.open()
        bench.say(.inside, "QUIT\r\n", flags: TCPFlags.fin.with(.ack))
        bench.say(.outside, "221 Bye\r\n", flags: TCPFlags.fin.with(.ack))
        bench.wait(239)
        #expect(bench.gateway.conversationCount == 1)
        bench.wait(2)
        #expect(bench.gateway.conversationCount == 0 && bench.gateway.freePorts == 100)
    }

    @Test func `an unanswered SYN is forgotten after the transitory time`() {
        let bench = Bench()
        bench.send(bench.segment(.inside, flags: .syn))
        bench.wait(241)
        #expect(bench.gateway.conversationCount == 0 && bench.gateway.freePorts == 100)
    }

    @Test func `a SYN in the middle of a conversation is answered with what is expected`() {
        let bench = Bench.open()
        var syn = bench.segment(.inside, flags: .syn)
        syn.sequence = 123_456
        let answer = bench.send(syn)
        #expect(answer.count == 1 && answer[0].destination == bench.client.endpoint)
        #expect(answer[0].flags == .ack && answer[0].acknowledgement == bench.client.next)
        #expect(bench.gateway[0].phase == .open)
    }

    @Test func `a reset within the window ends both ends`() {
        let bench = Bench.open()
        bench.exchange("PORT 10,0,0,5,4,1", "200 ok")
        let sent = bench.say(.inside, [], flags: TCPFlags.rst.with(.ack))
        #expect(sent.count == 1 && sent[0].flags.has(.rst) && sent[0].sequence == bench.server.expected)
        #expect(bench.gateway[0].phase == .reset && bench.count(.acceptReset) == 1)
    }

    @Test func `a reset out of the window is nobody's`() {
        let bench = Bench.open()
        var reset = bench.segment(.outside, flags: .rst)
        reset.sequence &+= 100_000
        #expect(bench.send(reset).isEmpty)
        #expect(bench.gateway[0].phase == .open && bench.count(.dropSequence) == 1)
    }

    @Test func `whoever speaks on after a reset is told of it again`() {
        let bench = Bench.open()
        bench.say(.inside, [], flags: TCPFlags.rst.with(.ack))
        let answer = bench.say(.outside, "421 still here?\r\n")
        #expect(answer.count == 1 && answer[0].flags.has(.rst) && answer[0].source == bench.translated)
        #expect(answer[0].destination == bench.server.endpoint)
        #expect(answer[0].sequence == bench.server.expected)
    }

    @Test func `a segment of a forgotten conversation is answered by a reset`() {
        let bench = Bench()
        let answer = bench.say(.inside, "NOOP\r\n")
        #expect(answer.count == 1 && answer[0].flags.has(.rst) && answer[0].destination == bench.client.endpoint)
        #expect(answer[0].source == bench.server.endpoint && bench.count(.answerUnknown) == 1)
        #expect(bench.send(bench.segment(.inside, flags: .rst)).isEmpty && bench.count(.dropUnknown) == 1)
    }

    @Test func `nothing from outside opens anything or is answered`() {
        let bench = Bench()
        var syn = bench.segment(.outside, flags: .syn)
        syn.destination = Endpoint("203.0.113.7:40000")!
        #expect(bench.send(syn).isEmpty && bench.gateway.conversationCount == 0 && bench.count(.dropUnknown) == 1)
    }

    @Test func `other ports are foreign`() {
        let bench = Bench()
        bench.server.endpoint.port = 80
        bench.send(bench.segment(.inside, flags: .syn))
        if case .foreign = bench.verdict {} else { Issue.record("port 80 is no service") }
    }

    @Test func `a corrupt segment is dropped and not mended`() {
        let bench = Bench.open()
        let good = bench.segment(.inside, Array("NOOP\r\n".utf8)).frame
        for bit in 34 * 8..<good.count * 8 where bit / 8 < 34 || bit / 8 >= 38 {
            var bad = good
            bad[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(bench.receive(bad, from: .inside).isEmpty, "bit \(bit)")
        }
        #expect(bench.server.text == "")
        #expect(bench.say(.inside, "NOOP\r\n").count > 0)
    }

    @Test func `a full table refuses new conversations and keeps the old`() {
        let bench = Bench.open(.init(conversations: 1, data: 1))
        var other = bench.segment(.inside, flags: .syn)
        other.source.port = 45678
        #expect(bench.receive(other.frame, from: .inside).isEmpty && bench.count(.dropTableFull) == 1)
        #expect(bench.exchange("NOOP", "200 ok") == "200 ok\r\n")
    }

    @Test func `without a free port new conversations are refused`() {
        let bench = Bench.open(ports: 40000...40000)
        var other = bench.segment(.inside, flags: .syn)
        other.source.port = 45678
        #expect(bench.receive(other.frame, from: .inside).isEmpty && bench.count(.dropPortsExhausted) == 1)
        #expect(bench.gateway.conversationCount == 1)
    }

    @Test func `without a free buffer a segment is left to be repeated`() {
        let bench = Bench(.init(conversations: 300, data: 1), ports: 40000...40999)
        bench.acknowledges = false
        var refused = 0
        for port in UInt16(1)...300 {
            bench.client = Bench.End(endpoint: Endpoint(IPv4Address(10, 0, 0, 5), 20000 + port), next: 1000)
            bench.server.next = 5000
            bench.connect()
            bench.say(.inside, "USER x\r\n")
            if bench.server.text.isEmpty { refused += 1 }
            bench.server.read = []
        }
        #expect(bench.gateway.freeBlocks == 0 && refused == 300 - 256)
        #expect(bench.count(.dropBlocksExhausted) == UInt64(refused))
    }

    @Test func `ports that are not numbered one after the other are not guessed`() {
        var differences: Set<Int> = []
        let bench = Bench(.init(conversations: 40, data: 1))
        for port in UInt16(1)...40 {
            bench.client = Bench.End(endpoint: Endpoint(IPv4Address(10, 0, 0, 5), 20000 + port), next: 1000)
            let before = Int(bench.translated.port)
            bench.send(bench.segment(.inside, flags: .syn))
            differences.insert(Int(bench.translated.port) - before)
        }
        #expect(differences.count > 20)
    }
}
