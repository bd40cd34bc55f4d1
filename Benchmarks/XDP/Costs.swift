import BenchmarkSupport
import CSteering
import CXDP
import Foundation
import Lab
import Steering
import Traffic
import WireFormats

/// What each path costs above an empty program, all of them in turns.
final class Costs {
    private static let pinholes = 10_000
    private static let sizes = [1, 1_000, 10_000, 100_000, 1_000_000]
    private static let context = ["processor": "one", "a sample": "1,000,000 test-runs, where nothing else is said"]
    private static let host = IPv4Address(192, 0, 2, 99)

    private let router: Router
    private let socket: Int32
    /// Whose empty program and whose bare one are run alone.
    private let plain: BPFProgram
    private let steering: SteeringProgram
    private let flow = Flows(count: 1)
    private let taggedFlow = Flows(count: 1, server: Endpoint(IPv4Address(203, 0, 120, 1), 20_000))
    // What the paths run by descriptor, until the end.
    private var rotators: [Rotator] = []
    private var programs: [SteeringProgram] = []

    /// In the router's namespace.
    init(_ router: Router) throws {
        self.router = router
        // The kernel takes any AF_XDP socket into the map; to receive, it would have to be bound.
        socket = Glibc.socket(44, Int32(SOCK_RAW.rawValue), 0)  // AF_XDP is not in the Glibc module
        guard socket >= 0 else { throw LabError("an AF_XDP socket: errno \(errno)") }
        plain = try BPFProgram(RotatorObject.hexadecimal)
        steering = try router.program(flows: 1024, socket: socket)
        try flow.open(in: steering.maps)
        try taggedFlow.open(in: steering.maps)
    }

    deinit { close(socket) }

    /// Measures and reports everything.
    func measure(_ part: Part) throws {
        let contestants = try empty() + passed() + steered() + translated() + [pinhole()] + growing()
        // The first time, flows ask for their next hop, and the processor remembers where services lead.
        for contestant in contestants { _ = try contestant.sample() }
        let memory = Memory()
        let turns = try Turns(
            part.isQuick ? 5 : 31, of: part, reserve: 5, contestants.map { $0.sample } + [memory.nanoseconds])
        for (index, contestant) in contestants.enumerated() {
            try report(part, contestant, index, turns)
        }
        try reportGrowth(part, contestants, turns)
        try part.measured(
            "a read from memory that no cache holds", unit: "ns", turns.samples[contestants.count],
            context: Costs.context.merging(["memory": "\(Memory.mebibytes) MiB, each read waits for the last"]) { $1 })
    }

    // MARK: The paths

    /// The two that the others are above.
    private func empty() throws -> [Contestant] {
        let frame = flow.frame()
        let program = plain.descriptor("empty")
        return [
            Contestant(name: "empty program", path: Path(program: program, frame: frame, action: XDP_PASS)),
            Contestant(
                name: "empty program behind the rotator",
                path: Path(program: try rotated(flow, before: program), frame: frame, action: XDP_PASS)),
            Contestant(
                name: "bare XDP_TX: stations exchanged",
                path: Path(program: plain.descriptor("bare"), frame: frame, action: XDP_TX)),
        ]
    }

    private func passed() -> [Contestant] {
        let (inside, outside) = (Endpoint(flow.client(0).address, 40_000), Endpoint(Costs.host, 443))
        let toRouter = Endpoint(Router.publicAddress, 20_000)
        let server = Endpoint(flow.server.address, 443)
        func pass(_ name: String, _ frame: [UInt8], from interface: String = "in0", goal: Goal? = .prefilter)
            -> Contestant
        {
            Contestant(name: name, path: path(frame, from: interface, XDP_PASS, "pass_other"), goal: goal)
        }
        let fragment = Frame(source: inside, destination: outside, fragment: 0x2000)
        return [
            pass("pass, TCP from inside", Frame(source: inside, destination: outside, isTCP: true).bytes),
            pass("pass, UDP from inside", Frame(source: inside, destination: outside).bytes),
            pass(
                "pass, TCP from outside", Frame(source: outside, destination: toRouter, isTCP: true).bytes, from: "out0"
            ),
            pass("pass, TCP over IPv6 from inside", Frame.ipv6(from: 40_000, to: 443)),
            Contestant(
                name: "pass, IP fragment", path: path(fragment.bytes, from: "in0", XDP_PASS, "pass_fragment"),
                goal: .prefilter),
            pass(
                "pass, hosts of a flow: two look-ups miss",
                Frame(source: inside, destination: server, isTCP: true).bytes, goal: nil),
        ]
    }

    private func steered() -> [Contestant] {
        let (inside, outside) = (Endpoint(flow.client(0).address, 40_000), Endpoint(Costs.host, 21))
        let toRouter = Endpoint(Router.publicAddress, 40_000)
        let server = Endpoint(flow.server.address, 21)
        func steer(_ name: String, _ frame: Frame, from interface: String = "in0", goal: Goal? = .steering)
            -> Contestant
        {
            Contestant(
                name: name, path: path(frame.bytes, from: interface, XDP_REDIRECT, "steer_service"), goal: goal)
        }
        return [
            steer("steer, FTP control from inside", Frame(source: inside, destination: outside, isTCP: true)),
            steer(
                "steer, FTP control from outside", Frame(source: outside, destination: toRouter, isTCP: true),
                from: "out0"),
            steer(
                "steer, hosts of a flow: two look-ups miss", Frame(source: inside, destination: server, isTCP: true),
                goal: nil),
        ]
    }

    private func translated() throws -> [Contestant] {
        [
            Contestant(
                name: "flow hit, UDP", path: try path(flow, of: steering), base: .rotated, goal: .flowHot),
            Contestant(
                name: "flow hit, UDP, VLAN tag before and after",
                path: try path(taggedFlow, vlan: Router.insideVLAN, of: steering), base: .rotated),
        ]
    }

    /// The first packets of as many pinholes as there are runs; before each sample, all are opened again.
    private func pinhole() throws -> Contestant {
        let flows = Flows(count: Costs.pinholes)
        let program = try program(flows: 2 * flows.count, pinholes: flows.count)
        try flows.openPinholes(in: program.maps, again: false)
        var path = try path(flows, of: program, verdict: "forward_pinhole")
        path.runs = flows.count
        return Contestant(
            name: "pinhole hit", path: path, base: .rotated,
            context: [
                "a sample": "the first packets of \(flows.count.formatted()) pinholes, one test-run each",
                "includes": "two look-ups, the claim, two flows made, the kernel asked for the next hop, translation",
            ],
            prepare: { try flows.openPinholes(in: program.maps, again: true) })
    }

    private func growing() throws -> [Contestant] {
        try Costs.sizes.map { size in
            let flows = Flows(count: size)
            let program = try program(flows: size)
            try flows.open(in: program.maps)
            return Contestant(
                name: "flow hit, UDP, flows in turns: \(size.formatted())", path: try path(flows, of: program),
                base: .rotated, goal: size == 1 ? .flowHot : nil,
                context: ["flow table": "as many entries, full"], flows: size)
        }
    }

    // MARK: Programs

    /// Another program for this router, which lives until the end.
    private func program(flows: Int, pinholes: Int = 1) throws -> SteeringProgram {
        programs.append(try router.program(flows: flows, pinholes: pinholes, socket: socket))
        return programs[programs.count - 1]
    }

    /// The rotator before a program.
    private func rotated(_ flows: Flows, vlan: UInt16? = nil, before target: Int32) throws -> Int32 {
        rotators.append(try Rotator(flows, vlan: vlan, before: target))
        return rotators[rotators.count - 1].descriptor
    }

    /// A frame that comes out as it went in, so that any number of runs are the same.
    private func path(_ frame: [UInt8], from interface: String, _ action: xdp_action, _ verdict: String) -> Path {
        Path(
            program: steering.descriptor, frame: frame, interface: interface, action: action,
            counts: (steering.maps, verdict))
    }

    private func path(
        _ flows: Flows, vlan: UInt16? = nil, of program: SteeringProgram, verdict: String = "forward_flow"
    ) throws -> Path {
        Path(
            program: try rotated(flows, vlan: vlan, before: program.descriptor), frame: flows.frame(vlan: vlan),
            action: XDP_REDIRECT, counts: (program.maps, verdict))
    }

    // MARK: The report

    private func report(_ part: Part, _ contestant: Contestant, _ index: Int, _ turns: Turns) throws {
        let isBase = Contestant.Base(rawValue: index) != nil
        let above = turns.differences(index, above: contestant.base.rawValue)
        let context = contestant.context.merging(Costs.context) { own, _ in own }
        try part.measured(
            isBase ? "\(contestant.name), with the test-run's loop" : "\(contestant.name), above an empty program",
            unit: "ns", isBase ? turns.samples[index] : above, context: context, goal: contestant.goal,
            series: isBase ? nil : contestant.series, x: contestant.flows.map(Double.init))
    }

    private func reportGrowth(_ part: Part, _ contestants: [Contestant], _ turns: Turns) throws {
        func above(_ size: Int?) -> [Double] {
            let index = contestants.firstIndex { $0.flows == size && size != nil }!
            return turns.differences(index, above: Contestant.Base.rotated.rawValue)
        }
        try part.measured(
            "flow hit, UDP, a million flows over one", unit: "ratio",
            zip(above(Costs.sizes.last), above(Costs.sizes.first)).map { $0 / $1 }, context: Costs.context,
            goal: .flowGrowth)
    }
}
