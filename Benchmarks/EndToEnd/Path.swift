import BenchmarkSupport
import Foundation
import InNamespace
import Lab
import Routing
import Traffic

/// The lab's router with a generator before it and a sink behind it, for UDP from inside to outside.
///
/// Neighbours are permanent, so that nothing but the router's own work is measured.
struct Path {
    /// Bytes of each frame, without Ethernet's checksum: 200 bytes of IP, as G.711 with 20 ms has.
    static let frameLength = 214
    let topology: Topology
    private let generator: Generator
    private let lan: EthernetAddress

    /// A path for flows that take turns.
    init(_ flows: [MediaFlow]) throws {
        topology = try Topology()
        let station = try Path.station("eth0", topology.inside)
        let lan = try Path.station("lan0", topology.router)
        self.lan = lan
        let server = try Path.station("eth0", topology.outside)
        try topology.router.run(
            "ip", "neigh", "replace", Topology.insideAddress, "lladdr", "\(station)", "dev", "lan0", "nud", "permanent")
        try topology.router.run(
            "ip", "neigh", "replace", topology.outsideAddress, "lladdr", "\(server)", "dev", "wan0", "nud", "permanent")
        // A veth device takes frames from XDP only if it has a program, or GRO.
        try topology.router.run("ethtool", "-K", "lan0", "gro", "on")
        generator = try topology.inside.inside {
            try Generator(
                flows.map(\.asSent), length: Path.frameLength, interface: "eth0", from: station, to: lan)
        }
    }

    /// Frames a second from the generator to a sink at the router's end of the first link: what both contestants pay
    /// for being measured.
    func generatorAlone(seconds: Double) throws -> LossSearch {
        let sink = try topology.router.inside { try Sink(interface: "lan0") }
        return try search(to: sink, seconds: seconds)
    }

    /// Frames a second through the router, whatever translates there, to a sink on the outside host; `report` hears
    /// of every run.
    func throughRouter(seconds: Double, report: (LossSearch.Run) -> Void = { _ in }) throws -> LossSearch {
        let sink = try topology.outside.inside { try Sink(interface: "eth0") }
        report(try run(to: sink, seconds: 0.1, rate: 50_000))  // so that conntrack knows every flow
        return try search(to: sink, seconds: seconds, report: report)
    }

    private func search(
        to sink: Sink, seconds: Double, report: (LossSearch.Run) -> Void = { _ in }
    ) throws -> LossSearch {
        try LossSearch { rate in
            let run = try run(to: sink, seconds: seconds, rate: rate)
            report(run)
            return run
        }
    }

    /// One run at a rate, or as fast as it goes.
    private func run(to sink: Sink, seconds: Double, rate: Double?) throws -> LossSearch.Run {
        let before = try sink.arrivals()
        let run = try topology.inside.inside { try generator.run(seconds: seconds, rate: rate) }
        usleep(20_000)  // what still waits in the rings arrives
        let arrived = try sink.arrivals() - before
        return LossSearch.Run(sent: run.sent, received: arrived.packets, seconds: run.seconds)
    }

    /// Frames for which there was no room in the ring of a link's other end, on both links.
    func ringFull() throws -> Double {
        let texts = [
            try topology.inside.run("ethtool", "-S", "eth0"), try topology.router.run("ethtool", "-S", "wan0"),
        ]
        return texts.flatMap { $0.split(separator: "\n") }.filter { $0.contains("xdp_xmit_errors:") }
            .compactMap { Double($0.split(separator: " ").last ?? "") }.reduce(0, +)
    }

    private static func station(_ interface: String, _ namespace: Namespace) throws -> EthernetAddress {
        let address = try namespace.inside { try Kernel().interfaces() }.first { $0.name == interface }?.address
        guard let address else { throw LabError("\(interface) of \(namespace.name) has no address") }
        return address
    }
}
