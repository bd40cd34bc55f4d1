import BenchmarkSupport
import Foundation
import InNamespace
import Lab
import Traffic

/// The lab's router with a generator before it and a sink behind it, for UDP from inside to outside.
///
/// Neighbours are permanent, so that nothing but the router's own work is measured.
struct Path {
    /// Bytes of each frame, without Ethernet's checksum: 200 bytes of IP, as G.711 with 20 ms has.
    static let frameLength = 214
    let topology: Topology
    private let generator: Generator
    private let flows: Int

    /// A path for flows that take turns.
    init(_ flows: [MediaFlow]) throws {
        self.flows = flows.count
        topology = try Topology()
        try topology.fixNeighbours()
        let (sender, station) = (try topology.inside.station("eth0"), try topology.router.station("lan0"))
        generator = try topology.inside.inside {
            try Generator(
                flows.map(\.asSent), length: Path.frameLength, interfaces: ["eth0"], from: sender, to: station)
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
        // So that conntrack knows every flow.
        report(try run(to: sink, seconds: 0.1 + Double(flows) / 50_000, rate: 50_000))
        return try search(to: sink, seconds: seconds, report: report)
    }

    /// Sends RTP through the router in which sequence numbers are missing. Returns how many are, by flow.
    func throughRouterWithGaps(seconds: Double) throws -> [Int] {
        let sink = try topology.outside.inside { try Sink(interface: "eth0") }
        let before = try missing()
        _ = try run(to: sink, seconds: seconds, rate: 100_000, gap: 50)
        return zip(try missing(), before).map { $0 - $1 }
    }

    private func missing() throws -> [Int] { try (0..<flows).map { try generator.missing($0) } }

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
    private func run(to sink: Sink, seconds: Double, rate: Double?, gap: Int? = nil) throws -> LossSearch.Run {
        let before = try sink.arrivals()
        let run = try topology.inside.inside { try generator.run(seconds: seconds, rate: rate, gap: gap) }
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
}
