import Foundation
import Testing
import XDPSockets

/// Several workers on threads of their own. `make thread-sanitizer` runs it under that.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root: network namespaces and AF_XDP sockets"))
struct SharingTests {
    @Test(arguments: [2, 3, 4])
    func `each packet is handed over, each conversation has one owner and one order, no frame is lost`(
        workers: Int
    ) throws {
        let seed = UInt64.random(in: .min ... .max)
        let wanted = ProcessInfo.processInfo.environment["SALLYPORT_PACKETS"].flatMap { UInt64($0) } ?? 400_000
        try Bench(queues: 4).use { bench in
            var settings = SocketSettings()
            settings.ringSize = 512
            var host = try bench.open("host")
            let sockets = try bench.open("gate", workers: workers, settings: settings)
            let conversations = Conversations(workers: workers)
            let gate = (0..<workers).map { worker in
                Elsewhere(sockets.take(worker)) { group in
                    var worker = SharingWorker(conversations: conversations, seed: seed &+ UInt64(worker))
                    try worker.run(&group)
                }
            }
            var traffic = ConversationTraffic(workers: workers)
            while traffic.sent < wanted { traffic.turn(&host) }
            conversations.isOver.store(true, ordering: .releasing)
            for worker in gate { try worker.join() }

            let expected = "\(workers) workers, seed \(seed), \(traffic)"
            #expect(conversations.intrusions.load(ordering: .relaxed) == 0, "\(expected)")
            #expect(conversations.reorderings.load(ordering: .relaxed) == 0, "\(expected)")
            #expect(traffic.reordered == 0 && traffic.received > wanted / 10, "\(expected)")
            let tally = gate.map { Tally($0.group) }.reduce(Tally(), +)
            let lost = conversations.lost.load(ordering: .relaxed)
            #expect(lost > 0 && tally.received == tally.handedOver + tally.dropped, "\(expected), \(tally)")
            #expect(tally.handedOver == tally.takenOver + tally.underWay, "\(expected), \(tally)")
            #expect(tally.takenOver == tally.transmitted + tally.unsent + UInt64(lost), "\(expected), \(tally)")
            try expectFramesAtHome(gate, sockets, "\(expected)")
        }
    }

    /// Lets the groups finish what is on its way, at most five seconds, on this thread; then every frame is free at home
    /// or in a fill ring, as counters and table say.
    private func expectFramesAtHome(_ gate: [Elsewhere], _ sockets: SharedSockets, _ comment: String) throws {
        var sum = FrameAccounting()
        for _ in 0..<500 {
            sum = FrameAccounting()
            for worker in gate { try worker.group.turnOff() }
            for worker in gate {
                worker.group.reclaim()
                sum = sum + worker.group.accounting
            }
            if sum.free + sum.filling == sockets.frameCount { break }
            usleep(10_000)
        }
        #expect(sum == sockets.census, "\(comment)")
        #expect(sum.free + sum.filling == sockets.frameCount, "\(comment), \(sum)")
        for worker in gate { #expect(worker.group.accounting == worker.group.census, "\(comment)") }
    }
}

/// The host's part: sends packets of many conversations, each always on one queue, and sees what comes out.
private struct ConversationTraffic: CustomStringConvertible {
    private(set) var sent: UInt64 = 0
    private(set) var received: UInt64 = 0
    private(set) var reordered = 0
    private let workers: Int
    private var numbers = [UInt64](repeating: 0, count: Conversations.count)
    private var last = [UInt64](repeating: 0, count: Conversations.count)

    init(workers: Int) { self.workers = workers }

    var description: String { "sent \(sent), received \(received), reordered \(reordered)" }

    /// Sends a packet of each conversation, on a queue that is another worker's than its owner's, and sees what comes.
    mutating func turn(_ host: inout SocketGroup) {
        for conversation in 0..<Conversations.count {
            let packet = NumberedPacket(conversation: conversation, number: numbers[conversation] + 1)
            guard host.send(packet.sequence, length: 64, on: wrongQueue(for: conversation)) else { continue }
            numbers[conversation] += 1
            sent += 1
        }
        host.flush()
        receive(&host)
    }

    /// Always the same of those that belong to other workers than the conversation does.
    private func wrongQueue(for conversation: Int) -> Int {
        let queues = (0..<4).filter { $0 % workers != conversation % workers }
        return queues[conversation / workers % queues.count]
    }

    private mutating func receive(_ host: inout SocketGroup) {
        var batch = Batch()
        host.reclaim()
        host.refill()
        while host.receive(into: &batch) > 0 {
            for position in 0..<batch.count {
                let bytes = host.bytes(of: batch[position])
                let packet = NumberedPacket(bytes.bytes)
                if packet.number <= last[packet.conversation] { reordered += 1 }
                last[packet.conversation] = packet.number
                host.release(batch[position])
                received += 1
            }
        }
    }
}

/// What became of the packets, by the counters.
private struct Tally {
    var received: UInt64 = 0
    var handedOver: UInt64 = 0
    /// For want of room in a ring to another worker.
    var dropped: UInt64 = 0
    /// Still in such a ring.
    var underWay: UInt64 = 0
    var takenOver: UInt64 = 0
    var transmitted: UInt64 = 0
    /// For want of room in a transmit ring.
    var unsent: UInt64 = 0

    init() {}

    init(_ group: borrowing SocketGroup) {
        for socket in group.ownSockets {
            received += group.counters(of: socket).received
            transmitted += group.counters(of: socket).transmitted
            unsent += group.counters(of: socket).dropTransmitRingFull
        }
        handedOver = group.handOverCounters.handedOver
        dropped = group.handOverCounters.dropHandOverFull
        underWay = UInt64(group.accounting.handedOver)
        takenOver = group.handOverCounters.takenOver
    }

    static func + (one: Tally, other: Tally) -> Tally {
        var sum = one
        sum.received += other.received
        sum.handedOver += other.handedOver
        sum.dropped += other.dropped
        sum.underWay += other.underWay
        sum.takenOver += other.takenOver
        sum.transmitted += other.transmitted
        sum.unsent += other.unsent
        return sum
    }
}
