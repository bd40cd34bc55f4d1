import FlowTables
import TestSupport
import Testing
import WireFormats

@testable import Rewriting

/// Several workers on one block of ports: what belongs to whom, and where the card brings it.
@Suite struct WorkerShareTests {
    @Test func `the slices of all workers are the block, on even boundaries, and arithmetic finds the owner`() {
        var random = Random(seed: UInt64.random(in: 0 ... .max))
        for _ in 0..<50 {
            let workers = random.number(1...64)
            let first = random.number(1024...60000)
            let last = random.number(min(65535, first + 5 * workers)...65535)
            let cut = PortCut(UInt16(first)...UInt16(last), workers: workers)
            let slices = (0..<workers).map(cut.slice)
            let about: Comment = "\(first)-\(last) among \(workers)"
            #expect(slices.flatMap { Array($0) } == Array(UInt16(first)...UInt16(last)), about)
            #expect(slices.dropFirst().allSatisfy { $0.lowerBound % 2 == 0 }, about)
            #expect(slices.map(\.count).max()! - slices.map(\.count).min()! < 2 * workers + 2, about)
            for (worker, slice) in slices.enumerated() {
                #expect(cut.owner(of: slice.lowerBound) == worker && cut.owner(of: slice.upperBound) == worker, about)
            }
            #expect(
                cut.owner(of: UInt16(first - 1)) == nil && (last == 65535 || cut.owner(of: UInt16(last + 1)) == nil))
        }
    }

    @Test func `ports are drawn from the worker's own slice, and numbers are nobody else's`() {
        var numbers: Set<UInt32> = []
        for index in 0..<3 {
            var worker = Worker(share: WorkerShare(index: index, of: 3))
            let slice = PortCut(Worker.ports, workers: 3).slice(index)
            for client in 0..<40 {
                let conversation = worker.open(client, to: Worker.server)
                #expect(slice.contains(conversation!.translated.port))
                numbers.insert(conversation!.number)
            }
        }
        #expect(numbers.count == 120 && !numbers.contains(0))
    }

    @Test func `numbers begin anew as their own when they have come to their end`() {
        var numbers = Numbers(WorkerShare(index: 1, of: 1 << 30))
        let given = (0..<5).map { _ in numbers.next() }
        #expect(given == [0x0000_0002, 0x4000_0002, 0x8000_0002, 0xc000_0002, 0x0000_0002])
    }

    @Test func `the card brings the answers of every server to the owner's queue`() throws {
        var random = Random(seed: UInt64.random(in: 0 ... .max))
        for _ in 0..<8 {
            let card = Card(&random, queues: 8)
            let own = [random.number(0...7), random.number(0...7)]
            var worker = Worker(share: WorkerShare(index: 1, of: 2), aim: try QueueAim(card.scaling(), queues: own))
            let scaling = try card.scaling()
            for client in 0..<100 {
                let server = Endpoint(IPv4Address(UInt32(random.number(0x0100_0000...0x7e00_0000))), 21)
                let translated = worker.open(client, to: server)!.translated
                #expect(own.contains(scaling.queue(source: server, destination: translated)), "\(card) \(own)")
            }
        }
    }

    @Test func `when no port that the card brings is left, every other one serves`() throws {
        var random = Random(seed: UInt64.random(in: 0 ... .max))
        let card = Card(&random, queues: 4)
        var worker = Worker(ports: 40000...40063, aim: try QueueAim(card.scaling(), queues: [2]))
        let ports = (0..<64).map { worker.open($0, to: Worker.server)?.translated.port }
        #expect(Set(ports) == Set((40000...40063).map(Optional.some)))
        #expect(worker.open(64, to: Worker.server) == nil && worker.gateway.counter(.dropPortsExhausted) == 1)
    }

    @Test func `nobody who knows the ports of one gateway knows those of the next`() throws {
        let ports = try (0..<2).map { _ in
            var random = Random(seed: 1)
            let card = Card(&random, queues: 4)
            var worker = Worker(aim: try QueueAim(card.scaling(), queues: [2]))
            return (0..<20).map { worker.open($0, to: Worker.server)!.translated.port }
        }
        #expect(ports[0] != ports[1] && ports[0] != ports[0].sorted())
    }

    @Test func `a card that hashes no ports is not aimed at`() throws {
        var random = Random(seed: UInt64.random(in: 0 ... .max))
        let card = Card(&random, queues: 4)
        let aims = try [true, false].map { hashesPorts in
            let aim = try QueueAim(card.scaling(hashesPorts: hashesPorts), queues: [])
            return aim.misses(Worker.server, Endpoint(Bench.publicAddress, 40000))
        }
        #expect(aims == [true, false])
    }
}

/// A worker's gateway to which many clients open conversations.
private struct Worker: ~Copyable {
    static let server = Endpoint(IPv4Address(198, 51, 100, 9), 21)
    static let ports: ClosedRange<UInt16> = 32768...65535
    var gateway: Gateway

    init(
        ports: ClosedRange<UInt16> = Worker.ports, share: WorkerShare = WorkerShare(), aim: consuming QueueAim? = nil
    ) {
        gateway = try! Gateway(
            .init(conversations: 256, data: 8), addresses: [Bench.publicAddress], ports: ports, services: [21],
            settings: Settings(), seed: 0, now: 0, share: share, aim: aim)
    }

    /// The conversation that a client's SYN opens; nil if none.
    mutating func open(_ client: Int, to server: Endpoint) -> Conversation? {
        var syn = Segment(source: Endpoint(IPv4Address(0x0a00_0001 + UInt32(client)), 40000), destination: server)
        syn.flags = .syn
        let frame = syn.frame
        let bytes = frame.span.bytes
        let before = gateway.conversationCount
        _ = gateway.receive(bytes, TCPPacket(bytes), from: .inside, now: 1)
        gateway.clear()
        guard gateway.conversationCount > before else { return nil }
        for slot in 0..<256 where gateway[slot].inside == syn.source { return gateway[slot] }
        return nil
    }
}

/// A card with a random key and table; its description repeats a failed test.
private struct Card: CustomStringConvertible {
    let key: ToeplitzKey
    let table: [UInt32]

    init(_ random: inout Random, queues: Int) {
        key = ToeplitzKey((0..<40).map { _ in UInt8(random.number(0...255)) })!
        table = (0..<128).map { _ in UInt32(random.number(0...queues - 1)) }
    }

    func scaling(hashesPorts: Bool = true) throws -> ReceiveScaling {
        try ReceiveScaling(key: key, indirection: table, hashesPorts: hashesPorts)
    }

    var description: String { "key \(key.octets), table \(table)" }
}
