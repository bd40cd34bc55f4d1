import Rewriting
import Testing
import WireFormats

/// What happens to a stream whose bytes are held, edited, repeated, marked urgent or in the wrong order.
@Suite struct StreamTests {
    private let port = "PORT 10,0,0,5,4,1\r\n"

    // MARK: Held bytes

    @Test func `an incomplete line is held, acknowledged, and goes on when it is complete`() {
        let bench = Bench.open()
        let sent = bench.say(.inside, "PORT 10,0,")
        #expect(sent.allSatisfy { $0.destination == bench.client.endpoint })
        #expect(sent.last?.acknowledgement == bench.client.next)
        #expect(bench.count(.ownAcknowledgements) == 1 && bench.count(.heldLines) == 1)
        bench.say(.inside, "0,5,4,1\r\n")
        #expect(bench.server.text.hasPrefix("PORT 203,0,113,7,"))
        bench.wait(5)
        #expect(bench.count(.ownRetransmissions) == 0)
    }

    @Test func `a line that cannot need an edit goes on as it comes`() {
        let bench = Bench.open()
        for byte in Array("USER someone\r\n".utf8) { bench.say(.inside, [byte]) }
        #expect(bench.server.text == "USER someone\r\n" && bench.count(.heldLines) == 0)
    }

    @Test func `what the gateway has acknowledged it repeats until the server has it`() {
        let bench = Bench.open()
        bench.acknowledges = false
        let sent = bench.say(.inside, port + "PO").notTo(bench.client)
        #expect(sent.count == 1)
        let repeated = bench.wait(8)
        #expect(repeated.count == 3 && bench.count(.ownRetransmissions) == 3)
        #expect(repeated.allSatisfy { $0.data == sent[0].data && $0.sequence == sent[0].sequence })
        bench.send(bench.segment(.outside))
        #expect(bench.wait(20).isEmpty)
    }

    @Test func `after fifteen repetitions both ends are reset`() {
        let bench = Bench.open()
        bench.acknowledges = false
        bench.say(.inside, port + "PO")
        let sent = bench.wait(1000)
        #expect(bench.count(.ownRetransmissions) == 15 && bench.count(.ownResets) == 1)
        let resets = sent.filter { $0.flags.has(.rst) }
        #expect(resets.count == 2)
        #expect(resets.to(bench.client).first?.sequence == bench.client.expected)
        #expect(resets.notTo(bench.client).first?.sequence == bench.server.expected)
    }

    @Test func `a server that answers with a shut window is asked for ever`() {
        let bench = Bench.open()
        bench.acknowledges = false
        bench.server.window = 0
        bench.send(bench.segment(.outside))
        bench.say(.inside, port + "PO")
        for _ in 0..<100 {
            for probe in bench.wait(30).notTo(bench.client) {
                #expect(probe.data.count <= 1)
                bench.send(bench.segment(.outside))
            }
        }
        #expect(bench.gateway[0].phase == .open && bench.count(.ownResets) == 0)
        bench.server.window = 1000
        bench.acknowledges = true
        bench.send(bench.segment(.outside))
        #expect(bench.server.text.hasPrefix("PORT 203,0,113,7,"))
    }

    @Test func `a line longer than the server's window is completed all the same`() {
        let bench = Bench.open()
        bench.server.window = 10
        bench.send(bench.segment(.outside))
        let line = "PORT 10, 0, 0, 5, 4, 1\r\n"
        for byte in line.utf8 {
            let sent = bench.say(.inside, [byte]).to(bench.client)
            #expect(sent.last.map { $0.window > 0 } ?? true)
        }
        bench.wait(1)
        #expect(bench.server.text.hasPrefix("PORT 203,0,113,7,") && bench.server.text.hasSuffix("\r\n"))
    }

    // MARK: Edits

    @Test func `a repeated command comes out as it did, however it is cut`() {
        let bench = Bench.open()
        bench.acknowledges = false
        var first = bench.segment(.inside, Array(port.utf8))
        let sent = bench.send(first).notTo(bench.client)
        bench.client.next &+= UInt32(port.utf8.count)
        #expect(bench.send(first).map(\.data) == sent.map(\.data))
        first.data = Array(port.utf8.prefix(9))
        var second = first
        second.sequence &+= 9
        second.data = Array(port.utf8.dropFirst(9))
        #expect(bench.send(second).map(\.data) == sent.map(\.data))
        #expect(bench.send(first).map(\.data) == sent.map(\.data))
        #expect(bench.gateway.dataCount == 1)
    }

    @Test func `acknowledgements are those of the other end's own numbers`() {
        let bench = Bench.open()
        bench.acknowledges = false
        bench.say(.inside, port)
        let growth = bench.server.read.count - port.utf8.count
        #expect(growth > 0)
        var half = bench.segment(.outside)
        half.acknowledgement &-= 3
        #expect(bench.send(half).last?.acknowledgement == bench.client.next &- UInt32(port.utf8.count))
        #expect(bench.send(bench.segment(.outside)).last?.acknowledgement == bench.client.next)
        bench.say(.inside, "NOOP\r\n")
        #expect(bench.server.text.hasSuffix("NOOP\r\n"))
    }

    @Test func `what outgrows the MSS becomes two segments`() {
        let bench = Bench.open(maximumSegment: 200)
        let text = String(repeating: "NOOP\r\n", count: 30) + port
        let sent = bench.say(.inside, text).notTo(bench.client).filter { !$0.data.isEmpty }
        #expect(sent.map(\.data.count) == [200, bench.server.read.count - 200])
        #expect(bench.count(.splitSegments) == 1)
        #expect(bench.server.text.contains("PORT 203,0,113,7,"))
    }

    @Test func `options come off what a segment may carry`() {
        let bench = Bench()
        bench.options.timestamps = (1, 1)
        bench.connect(maximumSegment: 500)
        let sent = bench.say(.inside, String(repeating: "NOOP\r\n", count: 78) + port).notTo(bench.client)
        #expect(sent.filter { !$0.data.isEmpty }.map { $0.data.count + $0.options.length }.max() == 500)
    }

    @Test func `a FIN behind edits and held bytes comes in its place`() {
        let bench = Bench.open()
        bench.acknowledges = false
        bench.say(.inside, port)
        let sent = bench.say(.inside, "PORT 1", flags: TCPFlags.fin.with(.ack)).notTo(bench.client)
        #expect(sent.last?.flags.has(.fin) == true && sent.last?.data == Array("PORT 1".utf8))
        #expect(bench.server.expected == sent.last!.sequence &+ 7)
        bench.send(bench.segment(.outside))
        #expect(bench.client.next == bench.segment(.inside).sequence)
        bench.acknowledges = true
        bench.say(.outside, "221 Bye\r\n", flags: TCPFlags.fin.with(.ack))
        #expect(bench.gateway[0].phase == .closed)
    }

    // MARK: Order

    @Test func `segments that come too early wait for their predecessors`() {
        let bench = Bench.open()
        let pieces = ["USER a\r\n", "PORT 10,0,", "0,5,4,1\r\n", "NOOP\r\n"].map { Array($0.utf8) }
        var segments: [Segment] = []
        for piece in pieces {
            segments.append(bench.segment(.inside, piece))
            bench.client.next &+= UInt32(piece.count)
        }
        for index in [3, 1, 2] {
            let answer = bench.send(segments[index])
            #expect(answer.count == 1 && answer[0].acknowledgement == segments[0].sequence)
        }
        #expect(bench.count(.parkedSegments) == 3 && bench.server.text == "")
        bench.send(segments[0])
        #expect(bench.server.text.hasPrefix("USER a\r\nPORT 203,0,113,7,") && bench.server.text.hasSuffix("NOOP\r\n"))
        #expect(bench.gateway.freeBlocks == 256)
    }

    @Test func `no more than four gaps and one buffer wait`() {
        let bench = Bench.open()
        for gap in 1...5 {
            var segment = bench.segment(.inside, [0x41])
            segment.sequence &+= UInt32(10 * gap)
            bench.send(segment)
        }
        #expect(bench.count(.parkedSegments) == 4 && bench.count(.dropOutOfOrder) == 1)
        var far = bench.segment(.inside, [0x41])
        far.sequence &+= 20_000
        bench.send(far)
        #expect(bench.count(.dropOutOfOrder) == 2)
    }

    @Test func `the news in a segment that has to wait are passed on`() {
        let bench = Bench.open()
        bench.acknowledges = false
        bench.say(.outside, "220 x\r\n")
        var early = bench.segment(.inside, Array("NOOP\r\n".utf8))
        early.sequence &+= 50
        let sent = bench.send(early).notTo(bench.client)
        #expect(sent.count == 1 && sent[0].acknowledgement == bench.server.next)
    }

    // MARK: Windows

    @Test func `the window is never larger than what the gateway can keep`() {
        let bench = Bench.open()
        bench.acknowledges = false
        var edges: [Int] = []
        for count in 1...20 {
            let sent = bench.say(.inside, String(repeating: "x", count: 1399) + "\n").to(bench.client)
            edges += sent.map { Int($0.acknowledgement &- 1001) + Int($0.window) - count * 1400 }
        }
        #expect(edges.allSatisfy { $0 <= 16384 } && bench.count(.dropOutOfOrder) > 0)
    }

    @Test func `a shut window shuts the other end's`() {
        let bench = Bench.open()
        bench.server.window = 0
        let sent = bench.send(bench.segment(.outside))
        #expect(sent.to(bench.client).last?.window == 0)
        bench.server.window = 3000
        #expect(bench.send(bench.segment(.outside)).to(bench.client).last?.window == 3000)
    }

    // MARK: Urgent data, keep-alives

    @Test func `the urgent pointer is moved with the bytes before it, and said until they are acknowledged`() {
        let bench = Bench.open()
        bench.acknowledges = false
        let line: [UInt8] = Array(port.utf8) + [0xFF, 0xF4, 0xFF, 0xF2]
        var urgent = bench.segment(.inside, line)
        urgent.flags = urgent.flags.with(.urg)
        urgent.urgentPointer = UInt16(line.count)
        let first = bench.send(urgent).notTo(bench.client)
        #expect(first.allSatisfy { !$0.flags.has(.urg) }, "the place of held bytes is not known yet")
        bench.client.next &+= UInt32(line.count)
        let second = bench.say(.inside, "ABOR\r\n").notTo(bench.client)
        let end = second[0].sequence &+ UInt32(second[0].urgentPointer)
        #expect(second[0].flags.has(.urg))
        #expect(bench.server.read[..<Int(end &- 1001)].suffix(2) == [0xFF, 0xF2])
        let again = bench.wait(2).notTo(bench.client)
        #expect(again.first?.flags.has(.urg) == true)
        #expect(again.first.map { $0.sequence &+ UInt32($0.urgentPointer) } == end)
    }

    @Test(arguments: [[], [0xEE]] as [[UInt8]])
    func `the keep-alive of an end passes as a probe`(_ garbage: [UInt8]) {
        let bench = Bench.open()
        bench.exchange("PORT 10,0,0,5,4,1", "200 ok")
        var probe = bench.segment(.inside, garbage)
        probe.sequence &-= 1
        let sent = bench.send(probe)
        #expect(sent.count == 1 && sent[0].data.isEmpty && sent[0].destination == bench.server.endpoint)
        #expect(sent[0].sequence == bench.server.expected &- 1)
        #expect(bench.send(bench.segment(.outside)).to(bench.client).count == 1)
    }

    @Test func `both ends of an idle conversation are probed at the interval`() {
        let bench = Bench.open()
        bench.exchange("PORT 10,0,0,5,4,1", "200 ok")
        var sent: [Segment] = []
        for _ in 0..<10 {
            let probes = bench.wait(46)
            sent += probes
            for side in [Side.inside, .outside] where !probes.isEmpty { bench.send(bench.segment(side)) }
        }
        #expect(bench.count(.keepalives) >= 9 && sent.count == 2 * Int(bench.count(.keepalives)))
        #expect(sent.to(bench.client).allSatisfy { $0.sequence == bench.client.expected &- 1 && $0.data.isEmpty })
        #expect(sent.notTo(bench.client).allSatisfy { $0.sequence == bench.server.expected &- 1 && $0.data.isEmpty })
        #expect(bench.gateway[0].phase == .open)
    }

    @Test func `a conversation one of whose ends is silent for the idle time is over`() {
        var settings = Settings()
        settings.connection.idle = 600 * Bench.second
        let bench = Bench.open(settings: settings)
        for _ in 0..<20 where bench.gateway.conversationCount > 0 {
            bench.wait(46)
            bench.send(bench.segment(.inside))
        }
        #expect(bench.count(.conversationsTimedOut) == 1)
        #expect(bench.gateway.conversationCount == 0 && bench.gateway.freePorts == 100)
    }

    @Test func `a clock that was overtaken on the way does not make the gateway's own segments old`() {
        let bench = Bench()
        bench.options.timestamps = (100, 1)
        bench.connect()
        bench.acknowledges = false
        bench.options.timestamps = (300, 1)
        bench.say(.inside, "PORT 10,0,0,5,4,1\r\nPO")
        bench.options.timestamps = (200, 1)
        bench.send(bench.segment(.inside))
        let repeated = bench.wait(2).notTo(bench.client)
        #expect(repeated.first?.options.timestamps?.own == 300)
    }
}
