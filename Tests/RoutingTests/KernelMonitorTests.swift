import Foundation
import InNamespace
import Lab
import Routing
import Testing

@Suite(.enabled(if: Namespace.isPossible, "needs root and ip, to make namespaces"), .serialized)
struct KernelMonitorTests {
    @Test(
        "Each change of a table is told by its kind",
        arguments: [
            ("address add 10.3.0.1/32 dev lo", KernelMonitor.Changes.addresses),
            ("address add 2001:db8::3/128 dev lo nodad", .addresses),
            ("link set wan0 mtu 1400", .interfaces),
            ("route add 192.0.2.0/24 via 198.51.100.2", .routes),
            ("rule add from 10.4.0.0/16 lookup main", .routes),
            ("route add 2001:db8:4::/64 dev lo", .routes),
            ("neighbour add 198.51.100.9 lladdr 02:00:00:00:00:09 dev wan0", .neighbours),
        ])
    func kinds(command: String, change: KernelMonitor.Changes) throws {
        try Router.with { router in
            let namespace = router.namespace
            try namespace.inside {
                let monitor = try KernelMonitor()
                _ = try monitor.drain()
                try namespace.run("sh", "-c", "ip \(command)")
                var seen: KernelMonitor.Changes = []
                var event = pollfd(fd: monitor.descriptor, events: Int16(POLLIN), revents: 0)
                // One command may be told in several notices, a route's before an address's.
                while !seen.contains(change), poll(&event, 1, 10_000) == 1 { seen.formUnion(try monitor.drain()) }
                #expect(seen.contains(change))
            }
        }
    }

    @Test("Of a neighbour counts only where its packets go to")
    func neighbours() throws {
        try Router.with { router in
            let namespace = router.namespace
            try namespace.inside {
                let monitor = try KernelMonitor()
                func change(_ state: String, _ station: String = "lladdr 02:00:00:00:00:09") throws -> Bool {
                    try namespace.run(
                        "sh", "-c", "ip neighbour replace 198.51.100.9 \(station) nud \(state) dev wan0")
                    return try monitor.drain().contains(.neighbours)
                }
                _ = try monitor.drain()
                #expect(try change("reachable"))
                #expect(try !change("stale"))
                #expect(try !change("delay"))
                #expect(try !change("reachable"))
                #expect(try change("stale", "lladdr 02:00:00:00:00:0a"))
                #expect(try change("failed", ""))
                #expect(try !change("failed", ""))
                #expect(try change("reachable"))
                try namespace.run("sh", "-c", "ip neighbour delete 198.51.100.9 dev wan0")
                #expect(try monitor.drain().contains(.neighbours))
                try namespace.run("sh", "-c", "ip neighbour flush dev wan0")
                #expect(try monitor.drain().isEmpty)
            }
        }
    }

    @Test("A neighbour that was there before is known, once it has been told")
    func neighboursBefore() throws {
        try Router.with { router in
            let namespace = router.namespace
            try namespace.inside {
                let entry = "198.51.100.9 lladdr 02:00:00:00:00:09 dev wan0"
                try namespace.run("sh", "-c", "ip neighbour add \(entry) nud reachable")
                let monitor = try KernelMonitor()
                #expect(try monitor.drain().contains(.neighbours))
                try namespace.run("sh", "-c", "ip neighbour replace \(entry) nud stale")
                #expect(try monitor.drain().isEmpty)
                try namespace.run("sh", "-c", "ip neighbour delete 198.51.100.9 dev wan0")
                #expect(try monitor.drain() == .neighbours)
            }
        }
    }

    @Test("Nothing is told where nothing changes")
    func quiet() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        try sandbox.namespace("quiet").inside {
            let monitor = try KernelMonitor()
            #expect(try monitor.drain().isEmpty)
        }
    }

    @Test("Notices that were lost count as a change of everything")
    func overrun() throws {
        try Router.with { router in
            let namespace = router.namespace
            try namespace.inside {
                let monitor = try KernelMonitor()
                let script = (1...2000).map { "address add 10.1.\($0 / 250).\($0 % 250 + 1)/32 dev lo" }
                try namespace.run("sh", "-c", "ip -batch - <<'END'\n\(script.joined(separator: "\n"))\nEND")
                #expect(try monitor.drain() == .all)
                #expect(try monitor.drain().isEmpty)
            }
        }
    }
}
