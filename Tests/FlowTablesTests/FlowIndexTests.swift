import FlowTables
import TestSupport
import Testing
import WireFormats

@Suite struct FlowIndexTests {
    private struct Ends: Hashable {
        var client: Endpoint
        var server: Endpoint

        /// One of few clients, or of many, at one of three servers.
        static func random(clients: ClosedRange<UInt32>, _ random: inout Random) -> Ends {
            Ends(
                client: Endpoint(
                    IPv4Address(0x0a00_0000 + .random(in: clients, using: &random)),
                    .random(in: 1024...1027, using: &random)),
                server: Endpoint(IPv4Address(0xcb00_7107 + .random(in: 0...2, using: &random)), 21))
        }
    }

    /// An index, and the dictionary that it must be like. Every answer of the index is compared at once.
    private struct Pair: ~Copyable {
        var index: FlowIndex
        var model: [Ends: Int] = [:]
        var agree = true
        var refusals = 0

        init(capacity: Int, seed: UInt64) throws { index = try FlowIndex(capacity: capacity, seed: seed) }

        mutating func insert(_ ends: Ends, slot: Int) {
            guard model[ends] == nil else { return }
            let fits = model.count < index.capacity
            if fits { model[ends] = slot } else { refusals += 1 }
            agree = index.insert(ends.client, ends.server, slot: slot) == fits && agree
        }

        mutating func remove(_ ends: Ends) {
            model[ends] = nil
            index.remove(ends.client, ends.server)
        }

        mutating func compare(_ ends: Ends) {
            agree = index.find(ends.client, ends.server) == model[ends] && index.count == model.count && agree
        }
    }

    @Test func `Half a million random operations leave it as they leave a dictionary, empty, full and between`() throws
    {
        var random = Random()
        var pair = try Pair(capacity: 3_000, seed: random.next())
        var everSeen: Set<Ends> = []
        for round in 0..<500_000 {
            let ends = Ends.random(clients: 0...999, &random)
            // It grows until it is full, and shrinks until it is nearly empty, by turns.
            let grows = round / 25_000 % 2 == 0
            if Int.random(in: 0..<10, using: &random) < (grows ? 7 : 1) {
                pair.insert(ends, slot: Int.random(in: 0...Int(UInt32.max) - 1, using: &random))
            } else {
                pair.remove(ends)
            }
            pair.compare(ends)
            everSeen.insert(ends)
            if round % 25_000 == 24_999 { for ends in everSeen { pair.compare(ends) } }
            guard pair.agree else {
                Issue.record("in round \(round), seed \(random.seed)")
                return
            }
        }
        #expect(pair.refusals > 1_000, "it was hardly ever full, seed \(random.seed)")
    }

    @Test("In a small index, where every cluster wraps around, all keys agree after each operation", arguments: 1...12)
    func small(capacity: Int) throws {
        var random = Random()
        for _ in 0..<12 {
            var pair = try Pair(capacity: capacity, seed: random.next())
            let keys = (0..<2 * capacity + 2).map { _ in Ends.random(clients: 0 ... .max - 0x0a00_0000, &random) }
            for round in 0..<150 {
                let ends = keys.randomElement(using: &random)!
                if Bool.random(using: &random) { pair.insert(ends, slot: round) } else { pair.remove(ends) }
                for ends in keys { pair.compare(ends) }
                guard pair.agree else {
                    Issue.record("in round \(round), seed \(random.seed)")
                    return
                }
            }
        }
    }

    @Test func `An attacker who knew the seed could make it slow, but not wrong`() throws {
        var random = Random()
        var pair = try Pair(capacity: 400, seed: 1)
        // Of a client and a server port that make the seed all keys have the same home, whatever the server's address.
        let keys = (0..<600).map { number in
            let address = IPv4Address(.random(in: 0 ... .max, using: &random))
            return number % 2 == 0
                ? Ends(client: Endpoint(IPv4Address(0), 0), server: Endpoint(address, 1))
                : Ends.random(clients: 0...999, &random)
        }
        for round in 0..<20_000 {
            let ends = keys.randomElement(using: &random)!
            let grows = round / 2_000 % 2 == 0
            if Int.random(in: 0..<4, using: &random) < (grows ? 3 : 1) {
                pair.insert(ends, slot: round)
            } else {
                pair.remove(ends)
            }
            for ends in keys.shuffled(using: &random).prefix(5) { pair.compare(ends) }
            guard pair.agree else {
                Issue.record("in round \(round), seed \(random.seed)")
                return
            }
        }
        #expect(pair.refusals > 100, "it was hardly ever full, seed \(random.seed)")
    }

    @Test func `Client and server, address and port are told apart`() throws {
        let (one, other) = (Endpoint(IPv4Address(10, 0, 0, 1), 21), Endpoint(IPv4Address(10, 0, 0, 2), 22))
        var index = try FlowIndex(capacity: 8, seed: 7)
        let isKept = index.insert(one, other, slot: 0)
        #expect(isKept)
        let (swapped, crossed) = (Endpoint(one.address, other.port), Endpoint(other.address, one.port))
        #expect(index.find(one, other) == 0)
        #expect(index.find(other, one) == nil && index.find(swapped, crossed) == nil)
        #expect(index.find(crossed, swapped) == nil && index.find(one, one) == nil)
    }
}
