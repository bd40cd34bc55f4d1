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
            ("neighbour add 198.51.100.9 lladdr 02:00:00:00:00:09 dev wan0", .neighbours),
        ])
    func kinds(command: String, change: KernelMonitor.Changes) throws {
        try Router.with { router in
            let namespace = router.namespace
            try namespace.inside {
                let monitor = try KernelMonitor()
                _ = try monitor.drain()
                try namespace.run("sh", "-c", "ip \(command)")
                var event = pollfd(fd: monitor.descriptor, events: Int16(POLLIN), revents: 0)
                #expect(poll(&event, 1, 10_000) == 1)
                #expect(try monitor.drain().contains(change))
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
