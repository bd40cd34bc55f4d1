import Foundation
import InNamespace
import Lab
import Testing

/// Every script of tuning/ on a router in a namespace: what it sets is set once, and put back.
@Suite(.enabled(if: Namespace.isPossible, "needs root and ip, to make namespaces"), .serialized)
struct TuningTests {
    private static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../tuning").standardized.path
    private static let sallyport = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("sallyport").path

    /// A script as it is called, and what it changes here; nothing where a virtual link has no such setting.
    struct Script: CustomTestStringConvertible {
        let line: String
        let change: String?

        var testDescription: String { line }
    }

    static let all = [
        Script(line: "QUEUES=2 queues wan0", change: "queues.wan0: rx 4 tx 4 -> rx 2 tx 2"),
        Script(line: "busy-polling lan0 wan0", change: "busy-polling.wan0.gro_flush_timeout: 0 -> 200000"),
        Script(line: "offloads wan0", change: "offloads.wan0.rx-vlan-offload: on -> off"),
        Script(line: "sysctls net.ipv4.ip_forward=1", change: "sysctls.net:ipv4:ip_forward: 0 -> 1"),
        Script(line: "reserve-ports 40000-40099", change: "reserved: nothing -> 40000-40099"),
        Script(line: "rss wan0", change: nil), Script(line: "irq-affinity wan0", change: nil),
        Script(line: "rings wan0", change: nil), Script(line: "coalescing wan0", change: nil),
    ]

    /// A router with four queues on lan0 and wan0, and what the scripts remember of it.
    private struct Router {
        let namespace: Namespace
        let memory: String

        /// Runs a script; what it says.
        func run(_ verb: String, _ line: String) throws -> String {
            var words = line.split(separator: " ").map(String.init)
            let variables = words.prefix { $0.contains("=") && $0.first!.isUppercase }
            words.removeFirst(variables.count)
            let arguments = ["\(TuningTests.scripts)/\(words[0])", verb] + words.dropFirst()
            let process = try namespace.start(["env", "SALLYPORT_TUNING=\(memory)"] + variables + arguments)
            let outcome = try process.wait()
            #expect(outcome.status == 0, "\(line) \(verb): \(outcome.errors)")
            return outcome.output
        }

        /// Everything that a script may have changed.
        func state() throws -> String {
            try namespace.run(
                "sh", "-c",
                """
                for card in lan0 wan0; do
                    ethtool -k $card; ethtool -l $card
                    (cd /sys/class/net/$card && cat napi_defer_hard_irqs gro_flush_timeout mtu flags)
                done
                cd /proc/sys && grep -r . net/ipv4/conf net/ipv4/ip_forward net/ipv4/ip_local_*
                cat vm/nr_hugepages /sys/devices/virtual/workqueue/cpumask
                """)
        }
    }

    private func withRouter(_ body: (Router) throws -> Void) throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let namespace = try sandbox.namespace("router")
        for name in ["lan0", "wan0"] {
            try namespace.run(
                "ip", "link", "add", name, "numrxqueues", "4", "numtxqueues", "4", "type", "veth", "peer", "name",
                "\(name)-peer")
            try namespace.run("ethtool", "-L", name, "rx", "4", "tx", "4")
        }
        try body(Router(namespace: namespace, memory: "\(sandbox.directory)/tuning"))
    }

    /// --show changes nothing, --apply changes it once, --undo puts it back once.
    private func check(_ script: Script, _ router: Router) throws {
        let before = try router.state()
        let shown = try router.run("--show", script.line)
        #expect(try router.state() == before && !shown.isEmpty)
        let applied = try router.run("--apply", script.line)
        let after = try router.state()
        if let change = script.change {
            #expect(applied.contains(change) && after != before)
            #expect(try router.run("--apply", script.line) == "")
        } else {
            #expect(applied.contains("not a setting of this driver") && after == before)
            #expect(try router.run("--apply", script.line) == applied)
        }
        #expect(try router.state() == after)
        for _ in 0..<2 {
            _ = try router.run("--undo", script.line)
            #expect(try router.state() == before)
        }
        #expect(!FileManager.default.fileExists(atPath: router.memory))
    }

    @Test("A script sets once, and puts back", arguments: all)
    func script(script: Script) throws {
        try withRouter { try check(script, $0) }
    }

    /// The machine's own, not the namespace's, and for a moment only.
    @Test(
        "What is the machine's is put back, too", .enabled(if: access("/proc/sys/vm/nr_hugepages", W_OK) == 0),
        arguments: ["/proc/sys/vm/nr_hugepages", "/sys/devices/virtual/workqueue/cpumask"])
    func machine(file: String) throws {
        let now = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        try withRouter { router in
            if file.hasPrefix("/proc") {
                let wanted = try #require(Int(now)) + 1
                try check(Script(line: "PAGES=\(wanted) huge-pages", change: "huge-pages: \(now) -> \(wanted)"), router)
            } else {
                guard ProcessInfo.processInfo.processorCount > 1 else { try Test.cancel("there is one processor") }
                try check(Script(line: "isolation 1", change: "isolation.work-queues: \(now) -> "), router)
            }
        }
    }

    @Test("An interface that does not exist, and a verb that is none, are refused", arguments: all)
    func refused(script: Script) throws {
        try withRouter { router in
            let name = try #require(script.line.split(separator: " ").first { !$0.contains("=") })
            let wrong = try router.namespace.start(["\(Self.scripts)/\(name)", "--aply", "x"]).wait()
            #expect(wrong.status == 64 && wrong.errors.contains("--show|--apply|--undo"))
            guard script.line.contains("wan0") else { return }
            let missing = try router.namespace.start(["\(Self.scripts)/\(name)", "--show", "none0"]).wait()
            #expect(missing.status == 1 && missing.errors.contains("there is no interface none0"))
        }
    }

    @Test("What the check recommends is done, and undone")
    func recommended() throws {
        try withRouter { router in
            try router.namespace.run("ethtool", "-L", "wan0", "rx", "2", "tx", "2")
            let file = router.memory + ".yaml"
            try """
            gateway: {busy-poll: 20, state-directory: \(router.memory).state}
            interfaces: {lan0: inside, wan0: outside}
            nat: {addresses: [203.0.113.7], ports: 32768-65535}
            ftp: {}
            """.write(toFile: file, atomically: true, encoding: .utf8)
            let line = "SALLYPORT=\(Self.sallyport) recommended \(file)"
            let before = try router.state()
            let shown = try router.run("--show", line).split(separator: "\n").map(String.init)
            #expect(shown.contains("QUEUES=2 queues lan0") && shown.contains("reserve-ports 32768-65535"))
            #expect(shown.contains("busy-polling wan0") && shown.contains("sysctls net.ipv4.ip_forward=1"))
            #expect(try router.state() == before)
            for _ in 0..<2 { #expect(try router.run("--apply", line).contains("ok    reserved-ports")) }
            let left = try router.run("--show", line)
            #expect(!left.contains("queues") && !left.contains("sysctls") && !left.contains("polling"), "\(left)")
            for _ in 0..<2 {
                _ = try router.run("--undo", line)
                #expect(try router.state() == before)
            }
            #expect(!FileManager.default.fileExists(atPath: router.memory))
        }
    }
}
