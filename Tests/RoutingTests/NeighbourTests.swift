import Foundation
import InNamespace
import Lab
import Routing
import Testing
import WireFormats

@Suite(.enabled(if: Namespace.isPossible, "needs root and ip, to make namespaces"), .serialized)
struct NeighbourTests {
    static let station = IPv4Address(198, 51, 100, 2)
    static let nobody = IPv4Address(198, 51, 100, 77)

    @Test("An address that was never used has no entry, and probing makes one that answers")
    func probeCreates() throws {
        try Router.with { router in
            let address = try router.host.inside { try Kernel().interface("eth0").address }
            try router.namespace.inside {
                let kernel = try Kernel()
                let monitor = try KernelMonitor()
                let wan = try kernel.interface("wan0").index
                let before = try kernel.neighbour(interface: wan, address: Self.station)
                #expect(before == Neighbour.absent && before.needsProbe && before.destination == nil)
                try kernel.probe(interface: wan, address: Self.station)
                let after = try kernel.neighbour(interface: wan, address: Self.station, following: monitor) {
                    $0 == .reachable
                }
                #expect(address != nil && after.destination == address && !after.needsProbe)
            }
        }
    }

    @Test("A stale entry stays usable while probing revalidates it")
    func probeRevalidates() throws {
        try Router.with { router in
            try router.namespace.set("ipv4/neigh/wan0/delay_first_probe_time", to: "1")
            let address = try router.host.inside { try Kernel().interface("eth0").address! }
            try router.namespace.run(
                "ip", "neighbour", "add", "198.51.100.2", "lladdr", "\(address)", "nud", "stale", "dev", "wan0")
            try router.namespace.inside {
                let kernel = try Kernel()
                let monitor = try KernelMonitor()
                let wan = try kernel.interface("wan0").index
                let stale = try kernel.neighbour(interface: wan, address: Self.station)
                #expect(stale.state == .stale && stale.needsProbe && stale.destination == address)
                try kernel.probe(interface: wan, address: Self.station)
                let delayed = try kernel.neighbour(interface: wan, address: Self.station)
                #expect(delayed.state == .delay && !delayed.needsProbe && delayed.destination == address)
                let fresh = try kernel.neighbour(interface: wan, address: Self.station, following: monitor) {
                    $0 == .reachable
                }
                #expect(fresh.destination == address)
            }
        }
    }

    @Test("An address that nobody has fails")
    func probeFails() throws {
        try Router.with { router in
            try router.namespace.set("ipv4/neigh/wan0/retrans_time_ms", to: "50")
            try router.namespace.inside {
                let kernel = try Kernel()
                let monitor = try KernelMonitor()
                let wan = try kernel.interface("wan0").index
                try kernel.probe(interface: wan, address: Self.nobody)
                let asked = try kernel.neighbour(interface: wan, address: Self.nobody)
                #expect(asked.state == .incomplete && !asked.needsProbe && asked.destination == nil)
                let failed = try kernel.neighbour(interface: wan, address: Self.nobody, following: monitor) {
                    $0 == .failed
                }
                #expect(failed.needsProbe && failed.destination == nil)
            }
        }
    }

    @Test("A permanent entry is usable and needs no probe")
    func permanent() throws {
        try Router.with { router in
            try router.namespace.run(
                "ip", "neighbour", "add", "198.51.100.77", "lladdr", "02:00:00:00:00:4d", "nud", "permanent", "dev",
                "wan0")
            try router.namespace.inside {
                let kernel = try Kernel()
                let entry = try kernel.neighbour(interface: kernel.interface("wan0").index, address: Self.nobody)
                #expect(entry.state == .permanent && !entry.needsProbe)
                #expect(entry.destination == EthernetAddress(0x0200_0000_004d))
                #expect(entry.destination?.description == "02:00:00:00:00:4d")
            }
        }
    }

    @Test("An interface that is gone is reported by number and address")
    func missingInterface() throws {
        try Router.with { router in
            try router.namespace.inside {
                let error = #expect(throws: RoutingError.self) {
                    try Kernel().neighbour(interface: 4_000_000, address: Self.station)
                }
                #expect(error?.description.contains("198.51.100.2 on interface 4000000") == true)
            }
        }
    }
}

extension Neighbour {
    fileprivate static let absent = Neighbour(address: nil, state: .none)
}

extension Kernel {
    /// The entry once it is in a state that `isFinal` accepts, awaited by the kernel's notices for 10 seconds at most.
    fileprivate func neighbour(
        interface: UInt32, address: IPv4Address, following monitor: KernelMonitor,
        until isFinal: (Neighbour.State) -> Bool
    ) throws -> Neighbour {
        while true {
            let entry = try neighbour(interface: interface, address: address)
            if isFinal(entry.state) { return entry }
            var event = pollfd(fd: monitor.descriptor, events: Int16(POLLIN), revents: 0)
            try #require(poll(&event, 1, 10_000) == 1, "the entry stays \(entry)")
            _ = try monitor.drain()
        }
    }
}
