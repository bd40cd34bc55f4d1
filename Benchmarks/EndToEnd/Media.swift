import BenchmarkSupport
import Foundation
import Lab
import Steering
import Traffic

/// Media-like UDP at 200 bytes of IP: through flows of the XDP program, beside nftables' NAT on the same links.
struct Media {
    private static let calls = 1000
    let part: Part

    func measure() throws {
        let seconds = part.isQuick ? 0.3 : 1.0
        let address = "203.0.113.20"
        let flows = (0..<Media.calls).map { MediaFlow($0, outside: address) }
        let path = try Path(flows)
        defer { path.topology.remove() }
        var (lost, context) = ([Double](), [String: String]())
        let turns = try Turns(
            part.isQuick ? 3 : 7, of: part, reserve: part.isQuick ? 15 : 60,
            [
                { try path.generatorAlone(seconds: seconds).rate },
                { try throughGateway(path, flows, seconds: seconds, &lost, &context) },
                { try path.throughRouter(seconds: seconds).rate },
            ])
        context["frame"] = "200 bytes of IP"
        context["flows"] = "\(Media.calls)"
        try report(turns.samples.map { $0.map { 1e9 / $0 } }, context)
        try part.measured(
            "UDP through the gateway: frames in, less frames out and named drops", unit: "frames", lost.map(abs),
            context: context, goal: .accounting)
    }

    /// Starts the gateway, gives it the calls, and measures; adds frames that nobody accounts for.
    private func throughGateway(
        _ path: Path, _ flows: [MediaFlow], seconds: Double, _ lost: inout [Double], _ context: inout [String: String]
    ) throws -> Double {
        guard let running = try Gateway.sallyport(part.gateway).start(on: path.topology) else { return 0 }
        let maps = try SteeringMaps(ids: try running.state().maps)
        for flow in flows { try flow.open(in: maps) }
        var frames = try Frames(path, maps)
        let rate = try path.throughRouter(seconds: seconds) { frames.add($0) }.rate
        lost.append(try frames.unaccounted(path, maps))
        context = try Circumstances.of(running, on: path.topology)
        try running.stop()
        return rate
    }

    private func report(_ nanoseconds: [[Double]], _ context: [String: String]) throws {
        let (alone, gateway, kernel) = (nanoseconds[0], nanoseconds[1], nanoseconds[2])
        func rate(_ times: [Double]) -> [Double] { times.map { 1e9 / $0 } }
        try part.measured(
            "UDP: generator and sink alone", unit: "packets/s", rate(alone), context: context,
            series: "UDP of 200 bytes: generator alone")
        try part.measured(
            "UDP through the gateway", unit: "packets/s", rate(gateway), context: context,
            series: "UDP of 200 bytes: gateway")
        try part.measured(
            "UDP through nftables NAT", unit: "packets/s", rate(kernel), context: context,
            series: "UDP of 200 bytes: nftables NAT")
        // The median of what is taken off: turn by turn its noise would be added.
        let own = gateway.map { $0 - alone.median }
        let others = kernel.map { $0 - alone.median }
        try part.measured("UDP, the gateway's own cost", unit: "ns", own, context: context)
        try part.measured("UDP, nftables NAT's own cost", unit: "ns", others, context: context)
        try part.measured(
            "UDP, packets per second beside nftables NAT, generator's cost taken off", unit: "ratio",
            zip(others, own).map { $0 / $1 }, context: context, goal: .media)
    }
}
