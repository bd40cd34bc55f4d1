// The rules by which cards bring the services' packets to the queues of `alg-queues`.
//
// They outlive the process, unlike everything else that the gateway puts into the kernel. So each is recorded in the
// state directory as soon as it is made, and a gateway that finds the record of one that was killed removes its rules
// first. (Until then they do no harm: the kernel takes the packets from that queue as from any other.)

import Foundation
import Routing
import WireFormats

/// A card's table of rules.
protocol RuleTable {
    func add(_ rule: QueueRule, to card: String) throws(RoutingError) -> UInt32
    func remove(_ rule: QueueRule, at location: UInt32, of card: String) throws(RoutingError)
}

extension Kernel: RuleTable {}

/// The rules made so far. Invariant: the record has every one that a card has.
struct DedicatedQueues {
    /// A rule at its place in a card's table.
    struct Made: Codable, Equatable {
        var card: String
        var location: UInt32
        var rule: QueueRule
    }

    private let record: String
    private var made: [Made] = []

    /// What a gateway that was killed has left is removed, as far as it is still there. `record` is the file's path.
    init(record: String, removingFrom table: some RuleTable) {
        self.record = record
        if let data = FileManager.default.contents(atPath: record) {
            made = (try? JSONDecoder().decode([Made].self, from: data)) ?? []
        }
        remove(from: table)
    }

    /// Has a card bring the services' packets to some of its queues: those of all services, or of none.
    /// - Throws: the refusal of the first rule that the driver does not take.
    mutating func dedicate(_ rules: [QueueRule], on card: String, in table: some RuleTable) throws {
        let before = made.count
        do {
            for rule in rules {
                made.append(Made(card: card, location: try table.add(rule, to: card), rule: rule))
                try JSONEncoder().encode(made).write(to: URL(fileURLWithPath: record), options: .atomic)
            }
        } catch {
            remove(from: table, but: before)
            throw error
        }
    }

    /// Removes the rules, but for the first few. One that cannot be removed has gone with its card.
    mutating func remove(from table: some RuleTable, but kept: Int = 0) {
        for each in made[kept...].reversed() { try? table.remove(each.rule, at: each.location, of: each.card) }
        made.removeSubrange(kept...)
    }

    /// The rules that a card needs: packets to a service come from the inside, those from it from the outside. What
    /// belongs to one service can be brought to one queue only, so the services are dealt out to the queues in turn.
    static func rules(services: [UInt16], queues: [Int], sides: Set<Side>) -> [QueueRule] {
        services.enumerated().flatMap { number, port in
            let queue = UInt32(queues[number % queues.count])
            return [Side.inside, .outside].filter(sides.contains).map {
                QueueRule($0 == .inside ? .destination : .source, port, queue: queue)
            }
        }
    }
}
