import Foundation
import Lab

/// What is checked of one driver. A check counts; it never times.
struct Checks {
    let network: Network
    let router: Router
    let server: FTPServer
    private let bytes = 1_000_000

    init(_ network: Network, in guest: Guest, executable: String) throws {
        self.network = network
        router = try Router(network.driver, in: guest, executable: executable)
        server = try FTPServer(.vsftpd, in: network)
    }

    /// The gateway in one mode, from start to end.
    func run(_ mode: String) throws {
        try start(mode)
        try transferInEveryMode()
        try useEveryQueue()
        try nothingIsLost()
        try steerByHand()
        try changeIndirectionWhileItRuns()
        try stop()
    }

    private func start(_ mode: String) throws {
        try router.start("zero-copy: \(mode == "zero-copy" ? "on" : "off")")
        for interface in try router.status().gateway.interfaces {
            try expect(interface.attachMode == "native", "\(interface.name): XDP is \(interface.attachMode)")
            try expect(interface.bindModes == [mode, mode], "\(interface.name): sockets are \(interface.bindModes)")
        }
        passed("native XDP, two queues each, \(mode)")
    }

    /// A real client fetches, sends and lists, in each of the four ways to agree on a data connection.
    private func transferInEveryMode() throws {
        try makeFile("\(server.folder)/down", bytes: bytes)
        try makeFile(local("up"), bytes: bytes)
        for mode in TransferMode.allCases {
            try FTPClient(.curl, mode).run(
                [
                    .download(remote: "down", local: local("down")), .upload(local: local("up"), remote: "up"),
                    .list(local: local("list")),
                ], with: server, in: network)
            try expectEqual("\(server.folder)/down", local("down"))
            try expectEqual(local("up"), "\(server.folder)/up")
            try FileManager.default.removeItem(atPath: local("down"))
            try FileManager.default.removeItem(atPath: "\(server.folder)/up")
        }
        let counters = try router.counters()
        let segments = TransferMode.allCases.count * 2 * bytes / 1460
        let carried = sum(counters) { $0 == "forward_flow" || $0 == "flowSent" }
        try expect(carried > segments, "only \(carried) packets of data went through the gateway, of \(segments)")
        for name in ["pinholesOpened", "pinholesUsed"] {
            let count = sum(counters) { $0 == name }
            try expect(count == 3 * TransferMode.allCases.count, "\(name) is \(count)")
        }
        passed("FTP through NAT by PORT, EPRT, PASV and EPSV: \(carried) packets of data")
    }

    /// The card spreads conversations by their ports, which chance chooses.
    private func useEveryQueue() throws {
        var counts = try received()
        for _ in 0..<32 where counts.contains(0) {
            try list()
            counts = try received()
        }
        try expect(!counts.contains(0), "of \(Router.queues) not all received: \(counts)")
        passed("control packets by every queue: \(counts)")
    }

    private func nothingIsLost() throws {
        let lost = try router.status().lostAtSockets
        try expect(lost == 0, "\(lost) packets were lost at the sockets")
        let counters = try router.counters()
        try expect(sum(counters) { $0.hasPrefix("drop") } == 0, "packets were dropped: \(counters)")
        passed("nothing lost, nothing dropped")
    }

    /// All of the card's traffic to one queue, and the other gets nothing.
    private func steerByHand() throws {
        var before = try received()
        for queue in [0, 1] {
            try setIndirection("weight \(1 - queue) \(queue)")
            try list()
            let after = try received()
            for (position, name) in Router.queues.enumerated() {
                let count = after[position] - before[position]
                try expect((count > 0) == name.hasSuffix("/\(queue)"), "\(name) received \(count)")
            }
            before = after
        }
        passed("the indirection table is obeyed while the gateway runs")
    }

    /// One control conversation with many transfers, whose packets change queues over and over.
    private func changeIndirectionWhileItRuns() throws {
        try makeFile("\(server.folder)/small", bytes: 50_000)
        let transfers = (0..<60).map { Transfer.download(remote: "small", local: local("small\($0)")) }
        let client = try FTPClient(.ftplib, .port).start(transfers, with: server, in: network)
        var changes = 0
        while client.isRunning {
            try setIndirection(["weight 1 0", "weight 0 1", "equal 2"][changes % 3])
            changes += 1
        }
        let outcome = try client.wait()
        try expect(outcome.status == 0, "a conversation broke: \(outcome.errors)")
        for index in transfers.indices { try expectEqual("\(server.folder)/small", local("small\(index)")) }
        try expect(changes > 1, "the conversation was over before the table changed")
        try setIndirection("equal 2")
        passed("\(transfers.count) transfers in one conversation while the indirection table changes \(changes) times")
    }

    /// Neither driver takes ntuple rules, and neither card has a third queue.
    func refuse() throws {
        try router.start("alg-queues: [1]")
        let served = try router.status().gateway.interfaces.map(\.bindModes.count)
        try expect(served == [2, 2], "sockets of \(served) queues, without a rule that brings the service to fewer")
        let log = try router.log
        try expect(log.contains("without regard to alg-queues"), "no word of it:\n\(log)")
        try useEveryQueue()
        try stop()
        passed("no rules for queues of their own: all queues are served")

        try expectRefusal("alg-queues: [2]", saying: "there is no queue 2, since it has 2")
        passed("a queue that is not in use is refused")
    }

    private func expectRefusal(_ options: String, saying reason: String) throws {
        do {
            try router.start(options)
        } catch {
            try expect("\(error)".contains(reason), "refused with other words: \(error)")
            return
        }
        throw LabError("\(network.driver): the gateway starts with \(options)")
    }

    private func stop() throws {
        let status = try router.stop()
        try expect(status == "0", "the gateway ended with \(status)")
        let links = try router.run("ip link show")
        try expect(!links.contains("xdp"), "XDP is still there:\n\(links)")
        passed("ended in order")
    }

    // MARK: Helpers

    private func list() throws {
        try FTPClient(.curl, .extendedPassive).run([.list(local: local("list"))], with: server, in: network)
    }

    /// The packets that the queues gave to the worker, all that XDP has steered there: the gateway publishes them once
    /// a second, and they are read until they agree.
    private func received() throws -> [Int] {
        for _ in 0..<50 {
            let counters = try router.counters()
            let counts = Router.queues.map { counters[$0]?["received"] ?? 0 }
            if counts.reduce(0, +) == sum(counters, { $0.hasPrefix("steer_") }) { return counts }
            usleep(500_000)
        }
        throw LabError("\(network.driver): the queues did not receive what XDP has steered: \(try router.counters())")
    }

    /// Of all places, the counters with such a name.
    private func sum(_ counters: [String: [String: Int]], _ isWanted: (String) -> Bool) -> Int {
        counters.values.joined().filter { isWanted($0.key) }.map(\.value).reduce(0, +)
    }

    private func setIndirection(_ table: String) throws {
        for side in Driver.Side.allCases { try router.run("ethtool -X \(side)0 \(table)") }
    }

    private func local(_ name: String) -> String { "\(network.sandbox.directory)/\(network.driver)-\(name)" }

    private func makeFile(_ path: String, bytes: Int) throws {
        try ChildProcess(["sh", "-c", "head -c \(bytes) /dev/urandom >'\(path)' && chmod 644 '\(path)'"]).succeed()
    }

    private func expectEqual(_ one: String, _ other: String) throws {
        try expect(FileManager.default.contentsEqual(atPath: one, andPath: other), "\(one) and \(other) differ")
    }

    private func expect(_ holds: Bool, _ failure: @autoclosure () -> String) throws {
        guard holds else { throw LabError("\(network.driver): \(failure())") }
    }

    private func passed(_ what: String) {
        say("ok    \(network.driver)  \(what)")
    }
}
