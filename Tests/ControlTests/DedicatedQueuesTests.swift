import Foundation
import InNamespace
import Lab
import Testing
import WireFormats
import XDPSockets

@testable import Control
@testable import Routing

/// The tables of cards that obey rules, which are not to be had in namespaces. The last place is taken first.
private final class Tables: RuleTable {
    var rules: [String: [UInt32: QueueRule]] = [:]
    var room = 4

    func add(_ rule: QueueRule, to card: String) throws(RoutingError) -> UInt32 {
        let count = rules[card, default: [:]].count
        guard count < room else { throw RoutingError("no room for '\(rule)'", errno: ENOSPC) }
        let place = UInt32(room - 1 - count)
        rules[card, default: [:]][place] = rule
        return place
    }

    func remove(_ rule: QueueRule, at location: UInt32, of card: String) throws(RoutingError) {
        if rules[card]?[location] == rule { rules[card]?[location] = nil }
    }
}

struct DedicatedQueuesTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("sp-\(UUID().uuidString)")
    private var record: String { directory.appendingPathComponent("rules.json").path }
    private let rules = [QueueRule(.destination, 21, queue: 2), QueueRule(.destination, 2121, queue: 3)]

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    @Test("Services are dealt out to the queues, by the port that stands on the card's side")
    func rulesOfACard() {
        #expect(
            DedicatedQueues.rules(services: [21, 2121], queues: [2, 3], sides: [.inside]) == [
                QueueRule(.destination, 21, queue: 2), QueueRule(.destination, 2121, queue: 3),
            ])
        #expect(
            DedicatedQueues.rules(services: [21, 2121], queues: [5], sides: [.inside, .outside]) == [
                QueueRule(.destination, 21, queue: 5), QueueRule(.source, 21, queue: 5),
                QueueRule(.destination, 2121, queue: 5), QueueRule(.source, 2121, queue: 5),
            ])
    }

    @Test("Rules are made, and removed at the end")
    func comeAndGo() throws {
        let tables = Tables()
        var dedicated = DedicatedQueues(record: record, removingFrom: tables)
        try dedicated.dedicate(rules, on: "lan0", in: tables)
        try dedicated.dedicate([QueueRule(.source, 21, queue: 2)], on: "wan0", in: tables)
        #expect(tables.rules["lan0"]?.count == 2 && tables.rules["wan0"]?.count == 1)
        dedicated.remove(from: tables)
        #expect(tables.rules == ["lan0": [:], "wan0": [:]])
    }

    @Test("When a card refuses one rule it keeps none, and what others have stays")
    func refusal() throws {
        let tables = Tables()
        tables.room = 1
        var dedicated = DedicatedQueues(record: record, removingFrom: tables)
        try dedicated.dedicate([rules[0]], on: "wan0", in: tables)
        #expect(throws: RoutingError.self) { try dedicated.dedicate(rules, on: "lan0", in: tables) }
        #expect(tables.rules == ["lan0": [:], "wan0": [0: rules[0]]])
    }

    @Test("The next gateway removes the rules of one that was killed, and nobody else's")
    func leftOver() throws {
        let tables = Tables()
        var killed = DedicatedQueues(record: record, removingFrom: tables)
        try killed.dedicate(rules, on: "lan0", in: tables)
        let foreign = QueueRule(.source, 80, queue: 0)
        tables.rules["lan0"]?[3] = foreign
        tables.rules["lan0"]?[1] = foreign
        _ = DedicatedQueues(record: record, removingFrom: tables)
        #expect(tables.rules == ["lan0": [3: foreign, 1: foreign]])
    }

    @Test("A record that cannot be read is as good as none")
    func brokenRecord() throws {
        try Data("half a li".utf8).write(to: URL(fileURLWithPath: record))
        let tables = Tables()
        tables.rules["lan0"] = [0: rules[0]]
        _ = DedicatedQueues(record: record, removingFrom: tables)
        #expect(tables.rules == ["lan0": [0: rules[0]]])
    }

    @Test("One mode for all sockets: what was said outweighs auto, and auto follows the queues")
    func mode() {
        func choice(
            _ lan: Configuration.Interface.ZeroCopy, _ wan: Configuration.Interface.ZeroCopy, _ dedicated: String...
        )
            -> SocketModeChoice
        {
            SocketModeChoice(
                [
                    .init(name: "lan0", side: .inside, zeroCopy: lan),
                    .init(name: "wan0", side: .outside, zeroCopy: wan),
                ],
                dedicated: Set(dedicated))
        }
        #expect(choice(.auto, .auto).mode == .copy)
        #expect(choice(.auto, .auto, "lan0").reason.contains("wan0 has no queues for the services alone"))
        #expect(choice(.auto, .auto, "lan0", "wan0").mode == .zeroCopy)
        #expect(choice(.auto, .on).mode == .zeroCopy && choice(.auto, .on).reason == "zero-copy is on for wan0")
        #expect(choice(.off, .auto, "lan0", "wan0").mode == .copy)
    }
}

@Suite(.enabled(if: Namespace.isPossible, "needs root and ip, to make namespaces"), .serialized)
struct CardsTests {
    private static func with(_ lan: String, _ wan: String, _ body: (inout Cards, Kernel) throws -> Void) throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let router = try sandbox.namespace("router")
        for name in ["lan0", "wan0"] {
            try router.run(
                "ip", "link", "add", name, "numrxqueues", "4", "numtxqueues", "4", "type", "veth", "peer", "name",
                "\(name)-host", "numrxqueues", "4", "numtxqueues", "4")
            try router.run("ethtool", "-L", name, "rx", "4", "tx", "4")
            try router.run("ip", "link", "set", name, "up")
        }
        let configuration = try Configuration(
            yaml: """
                interfaces: {lan0: {side: inside, alg-queues: \(lan)}, wan0: {side: outside, alg-queues: \(wan)}}
                nat: {addresses: [203.0.113.7], ports: 32768-65535}
                ftp: {ports: [21, 2121]}
                """, file: "test")
        try router.inside {
            let kernel = try Kernel()
            var cards = try Cards(configuration, kernel)
            try cards.countQueues(kernel)
            try body(&cards, kernel)
        }
    }

    @Test("Where a card obeys the rules, only the queues that they lead to have sockets")
    func dedicated() throws {
        try Self.with("[3, 1]", "[2]") { cards, _ in
            var queues = DedicatedQueues(record: "/nowhere/sp-\(UUID().uuidString)", removingFrom: Tables())
            cards.placeSockets(services: [21, 2121], &queues, in: Tables()) { _ in }
            // The record could not be written, and a rule that nobody would remove is not kept.
            #expect(cards.dedicated.isEmpty)
            let record = FileManager.default.temporaryDirectory.appendingPathComponent("sp-\(UUID().uuidString)").path
            defer { unlink(record) }
            queues = DedicatedQueues(record: record, removingFrom: Tables())
            cards.placeSockets(services: [21, 2121], &queues, in: Tables()) { Issue.record("\($0)") }
            #expect(cards.dedicated == ["lan0", "wan0"])
            #expect(cards.bindings.map { "\($0.interface)/\($0.queue)" } == ["lan0/1", "lan0/3", "wan0/2"])
            #expect(cards.places == [1, 3, 4 + 2] && cards.cards.map(\.firstSocket) == [0, 2])
        }
    }

    @Test("Where a card refuses, its sockets serve all queues, and the refusal is told")
    func refused() throws {
        try Self.with("[3]", "[2]") { cards, kernel in
            var reports: [String] = []
            var queues = DedicatedQueues(record: "/nowhere", removingFrom: kernel)
            cards.placeSockets(services: [21], &queues, in: kernel) { reports.append($0) }
            #expect(cards.dedicated.isEmpty && cards.bindings.count == 8 && cards.places == Array(0..<8))
            #expect(reports.count == 2 && reports.allSatisfy { $0.contains("errno \(EOPNOTSUPP)") })
            #expect(reports.first?.contains("lan0 obey the rule 'flow-type tcp4 dst-port 21 action 3'") == true)
        }
    }

    @Test("A queue that is not in use is refused before anything is touched")
    func beyond() throws {
        let error = #expect(throws: ControlError.self) { try Self.with("[1, 4]", "[2]") { _, _ in } }
        #expect(error?.description.contains("there is no queue 4") == true)
        #expect(error?.description.contains("ethtool -L lan0 combined 5") == true)
    }
}
