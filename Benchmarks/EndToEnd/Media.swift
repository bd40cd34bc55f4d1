import BenchmarkSupport
import Foundation
import Lab
import Steering
import Traffic

/// Media at 200 bytes of IP: RTP through flows of the XDP program, which counts what each stream has lost, beside
/// nftables' NAT on the same links; one stream, a thousand, and fifty thousand.
struct Media {
    let part: Part

    func measure() throws {
        for streams in [1, 1_000, 50_000] where streams == 1 || part.secondsLeft > (part.isQuick ? 15 : 45) {
            try measure(streams)
        }
    }

    private func measure(_ streams: Int) throws {
        let seconds = part.isQuick ? 0.2 : 0.5
        let address = "203.0.113.20"
        let flows = (0..<streams).map { MediaFlow($0, outside: address) }
        let path = try Path(flows)
        defer { path.topology.remove() }
        var (lost, gaps, context) = ([Double](), Gaps(), [String: String]())
        let turns = try Turns(
            part.isQuick ? 1 : 3, of: part, reserve: part.isQuick ? 15 : 60,
            [
                { try path.generatorAlone(seconds: seconds).rate },
                { try throughGateway(path, flows, seconds: seconds, &lost, &gaps, &context) },
                { try path.throughRouter(seconds: seconds).rate },
            ])
        context["frame"] = "200 bytes of IP"
        context["streams"] = "\(streams)"
        try report(streams, turns.samples.map { $0.map { 1e9 / $0 } }, context)
        try part.measured(
            "RTP, \(streams) streams: frames in, less frames out and named drops", unit: "frames", lost.map(abs),
            context: context, goal: .accounting)
        try part.measured(
            "RTP, \(streams) streams: sequence numbers left out", unit: "frames", gaps.leftOut, context: context)
        try part.measured(
            "RTP, \(streams) streams: sequence numbers left out, less those reported as lost, stream by stream",
            unit: "frames", gaps.wrong, context: context, goal: .accounting)
    }

    /// Sequence numbers that were left out, and those of them, or of others, that a stream reported wrongly; by turn.
    private struct Gaps {
        var leftOut: [Double] = []
        var wrong: [Double] = []
    }

    /// Starts the gateway, gives it the calls, and measures; adds frames that nobody accounts for, and gaps.
    private func throughGateway(
        _ path: Path, _ flows: [MediaFlow], seconds: Double, _ lost: inout [Double], _ gaps: inout Gaps,
        _ context: inout [String: String]
    ) throws -> Double {
        guard let running = try Gateway.sallyport(part.gateway).start(on: path.topology, sip: [.udp]) else { return 0 }
        defer { _ = try? running.stop() }
        let maps = try SteeringMaps(ids: try running.state().maps)
        for flow in flows { try flow.open(in: maps) }
        // Each stream sends several packets.
        let missing = try path.throughRouterWithGaps(seconds: 0.1 + Double(flows.count) / 25_000)
        gaps.leftOut.append(Double(missing.reduce(0, +)))
        gaps.wrong.append(
            zip(flows, missing).reduce(0) { $0 + abs(Double(maps.streams.read($1.0.stream).lost) - Double($1.1)) })
        var frames = try Frames(path, maps)
        let rate = try path.throughRouter(seconds: seconds) { frames.add($0) }.rate
        lost.append(try frames.unaccounted(path, maps))
        context = try Circumstances.of(running, on: path.topology)
        return rate
    }

    private func report(_ streams: Int, _ nanoseconds: [[Double]], _ context: [String: String]) throws {
        let (alone, gateway, kernel) = (nanoseconds[0], nanoseconds[1], nanoseconds[2])
        for (name, times) in [("generator alone", alone), ("gateway", gateway), ("nftables NAT", kernel)] {
            try part.measured(
                "RTP, \(streams) streams: \(name)", unit: "packets/s", times.map { 1e9 / $0 }, context: context,
                series: "RTP of 200 bytes by streams: \(name)", x: Double(streams))
        }
        // The median of what is taken off: turn by turn its noise would be added.
        let own = gateway.map { $0 - alone.median }
        let others = kernel.map { $0 - alone.median }
        try part.measured("RTP, \(streams) streams: the gateway's own cost", unit: "ns", own, context: context)
        try part.measured("RTP, \(streams) streams: nftables NAT's own cost", unit: "ns", others, context: context)
        try part.measured(
            "RTP, \(streams) streams: packets per second beside nftables NAT, generator's cost taken off",
            unit: "ratio",
            zip(others, own).map { $0 / $1 }, context: context, goal: .media)
    }
}
