import BenchmarkSupport
import Foundation
import Lab
import Traffic

/// FTP control conversations: commands, how long they take, and new conversations, through the gateway beside the
/// kernel's nf_nat_ftp. Of three commands one is PORT, one EPRT, and one has no address.
///
/// A command's cost is all that the processors do meanwhile, over the commands, less the same when the two ends talk
/// directly. (Interrupts are in the time of the process that they interrupt, too, so the two cannot be added.) The bare
/// forwarder, which reads nothing, shows what of it any gateway on these links pays that uses AF_XDP.
struct Control {
    private static let connections = 64
    let part: Part

    /// What is measured.
    private enum Quantity: Hashable {
        /// Processor time of one command, ends included, in ns.
        case cost
        /// Commands a second of the clock, as many as go.
        case rate
        /// Time that 50 or 99 % of the commands do not exceed, in ns, at a share of the helper's highest rate, in percent.
        case latency(percentile: Int, load: Int)
        /// New conversations a second.
        case openings
        /// Packets that nobody should have received, and frames that no counter accounts for.
        case strange, unaccounted
    }

    private typealias Turn = Rounds<Quantity>.Turn

    func measure() throws {
        let path = try ControlPath()
        defer { path.topology.remove() }
        try path.topology.useKernelHelper()
        // As long as the gateway remembers them, see below.
        try path.topology.router.set("netfilter/nf_conntrack_tcp_timeout_close", to: "1")
        var context: [String: String] = [:]
        let rounds = try Rounds<Quantity>(of: part, reserve: part.isQuick ? 75 : 320, loadedBy: .rate) { way, full in
            try measure(way, path, full: full, &context)
        }
        context["connections"] = "\(Control.connections)"
        try report(rounds, context)
    }

    private func measure(
        _ way: Way, _ path: ControlPath, full: Double?, _ context: inout [String: String]
    ) throws -> Turn {
        let gateway = Gateway.sallyport(part.gateway)
        let running = way == .gateway ? try gateway.start(on: path.topology, transitory: 1) : nil
        let forwarder = way == .bare ? try path.forward() : nil
        defer {
            _ = try? running?.stop()
            _ = try? forwarder?.stop()
        }
        let traffic = try path.traffic(isDirect: way == .direct)
        if way == .kernel {
            try path.topology.router.inside { for link in ["lan0", "wan0"] { try traffic.pass(link) } }
        }
        var turn = try saturate(traffic)
        guard way == .gateway || way == .kernel else { return turn }
        for load in [10, 50] {
            let rate = (full ?? turn[.rate]!) * Double(load) / 100
            let paced = try traffic.pace(connections: Control.connections, perSecond: rate, seconds: seconds)
            for percentile in [50, 99] {
                turn[.latency(percentile: percentile, load: load)] =
                    paced.results.latencies.percentile(Double(percentile) / 100)
            }
        }
        turn[.openings] = try LossSearch(precision: 0.05) { rate in
            let run = try traffic.open(seconds: seconds / 2, perSecond: rate)
            return LossSearch.Run(sent: run.begun, received: run.results.greetings, seconds: seconds / 2)
        }.rate
        turn[.strange] = try traffic.results().strange
        if let running {
            turn[.unaccounted] = try ControlFrames.unaccounted(running)
            context = try Circumstances.of(running, on: path.topology)
        }
        return turn
    }

    private var seconds: Double { part.isQuick ? 0.5 : 1.5 }

    private func saturate(_ traffic: ControlTraffic) throws -> Turn {
        var (answers, busy) = (0.0, 0.0)
        try traffic.saturate(connections: Control.connections, seconds: seconds) {
            busy = ProcessorTime().busy
        } finished: {
            busy = ProcessorTime().busy - busy
            answers = $0.answers
        }
        return [.cost: busy / answers * 1e9, .rate: answers / seconds]
    }

    // MARK: Report

    private func report(_ rounds: Rounds<Quantity>, _ context: [String: String]) throws {
        let (own, helpers) = (rounds.own(.cost, .gateway), rounds.own(.cost, .kernel))
        for (name, way) in [
            ("ends alone", Way.direct), ("bare AF_XDP forwarder", .bare), ("gateway", .gateway),
            ("nf_nat_ftp", .kernel),
        ] {
            try part.measured(
                "FTP commands, \(name)", unit: "commands/s", rounds.all(.rate, way), context: context,
                series: "FTP control commands a second: \(name)")
        }
        try part.measured("FTP command, the gateway's own cost", unit: "ns", own, context: context)
        try part.measured("FTP command, nf_nat_ftp's own cost", unit: "ns", helpers, context: context)
        try part.measured(
            "FTP command and reply, bare AF_XDP forwarder's own cost", unit: "ns", rounds.own(.cost, .bare),
            context: context)
        try part.measured(
            "FTP commands per second and core beside nf_nat_ftp", unit: "ratio", zip(helpers, own).map { $0 / $1 },
            context: context, goal: .controlCommands)
        for load in [10, 50] {
            for percentile in [50, 99] {
                let quantity = Quantity.latency(percentile: percentile, load: load)
                let name = "FTP command, p\(percentile) at \(load) % of nf_nat_ftp's rate"
                let (ours, theirs) = (rounds.all(quantity, .gateway), rounds.all(quantity, .kernel))
                try part.measured("\(name), gateway", unit: "ns", ours, context: context)
                try part.measured("\(name), nf_nat_ftp", unit: "ns", theirs, context: context)
                guard percentile == 99, load == 50 else { continue }
                try part.measured(
                    "\(name), gateway to nf_nat_ftp", unit: "ratio", zip(ours, theirs).map { $0 / $1 },
                    context: context, goal: .controlLatency)
            }
        }
        for (name, way) in [("gateway", Way.gateway), ("nf_nat_ftp", .kernel)] {
            try part.measured(
                "FTP conversations set up, \(name)", unit: "connections/s", rounds.all(.openings, way),
                context: context,
                series: "FTP conversations set up a second: \(name)")
        }
        try part.measured(
            "FTP control: packets that should not have come", unit: "frames", rounds.all(.strange, .gateway),
            context: context)
        try part.measured(
            "FTP control: frames in, less frames out and named drops", unit: "frames",
            rounds.all(.unaccounted, .gateway),
            context: context, goal: .accounting)
    }
}
