import Rewriting
import TestSupport
import WireFormats

/// Lets a phone and its server say what they have to say in a world, and says whether each read what a gateway makes of it
/// that gets every message whole and in order.
final class SIPConnectionDialogue {
    private let world: World
    /// What each has yet to hand to its TCP.
    private var queues: [[UInt8]] = [[], []]
    private var hasClosed = [false, false]
    /// What each must read, by the number of its side.
    private var expected: [[UInt8]] = [[], []]
    /// What of SIP was counted meanwhile.
    private(set) var edits: UInt64 = 0

    init(_ world: World, random: Random, longest: Int) {
        self.world = world
        let reference = Bench(
            try! World.sipGateway(seed: world.gatewaySeed, now: World.start), from: world.client.local, to: 5060)
        reference.connect()
        var messages = SIPMessages(random: random, inside: world.client.local, translated: reference.translated)
        messages.longest = longest
        for _ in 0..<messages.random.number(1...20) {
            let side: Side = messages.random.chance(0.5) ? .inside : .outside
            let message = Array(messages.next(from: side).utf8)
            queues[Int(side.rawValue)] += message
            for start in stride(from: 0, to: message.count, by: 1400) {
                reference.say(side, Array(message[start..<min(start + 1400, message.count)]))
            }
        }
        expected = [reference.client.read, reference.server.read]
        edits = reference.count(.sipEdited)
        world.application = { [unowned self] _, node in self.act(node) }
    }

    /// Runs it to its end; what went wrong, or nil.
    func run() -> String? {
        world.drive(.client) { $0.connect(now: world.now) }
        world.wake(.client, after: 0)
        var before = -1
        while world.failure == nil, !isOver {
            let isEnough = world.run(until: world.now + 600_000_000_000) { isOver }
            if world.failure == nil, !isEnough, progress == before { return "stalled at \(progress)" }
            before = progress
        }
        if world.failure == nil { compare() }
        world.run(until: world.now + 900_000_000_000) { false }
        if world.failure == nil { checkNothingLeft() }
        return world.failure
    }

    private var isOver: Bool { world.client.isOver && world.server.isOver }

    private var progress: Int {
        world.client.received.next + world.client.unacknowledged + world.server.received.next
            + world.server.unacknowledged
    }

    private func act(_ node: World.Node) {
        let isClient = if case .client = node { true } else { false }
        let peer = isClient ? world.client : world.server
        let own = isClient ? 0 : 1
        guard peer.phase == .open else { return }
        if queues[own].isEmpty {
            guard !hasClosed[own] else { return }
            hasClosed[own] = true
            return world.drive(node) { $0.close(now: world.now) }
        }
        let count = min(queues[own].count, world.random.one(of: [1, 20, 700, 5000]))
        let bytes = Array(queues[own].prefix(count))
        queues[own].removeFirst(count)
        world.drive(node) { $0.write(bytes, now: world.now) }
        world.wake(node, after: UInt64(world.random.number(1...30)) * 1_000_000)
    }

    private func compare() {
        for (index, peer) in [world.client, world.server].enumerated() {
            let read = peer.received.inOrder
            guard read != expected[index] else { continue }
            let place = zip(read, expected[index]).enumerated().first { $1.0 != $1.1 }?.offset ?? read.count
            world.fail(
                "\(index == 0 ? "client" : "server") read \(read.count) of \(expected[index].count), wrong at \(place)")
        }
        if world.gateway.sip.counter(.sipEdited) != edits { world.fail("another number of messages was edited") }
    }

    private func checkNothingLeft() {
        if world.gateway.conversationCount != 0 { world.fail("the conversation is still there") }
        if world.gateway.freeBlocks != World.buffers + 4 { world.fail("a buffer is missing") }
        let counts = world.gateway.sip.counts
        if counts.bindings != 0 || counts.calls != 0 || counts.media != 0 { world.fail("left of SIP: \(counts)") }
    }
}
