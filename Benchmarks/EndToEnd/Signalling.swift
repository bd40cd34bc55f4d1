import BenchmarkSupport
import Foundation
import Lab
import Traffic
import WireFormats

/// SIP over UDP: registrations and calls, how many messages go and how long they take, through the gateway beside the
/// kernel's nf_nat_sip. For every call either makes what its media need: the gateway flows in XDP, the kernel expectations.
///
/// A message's cost is as that of a command in `Control`: what the processors do meanwhile, less the same when the two ends
/// talk directly. The bare forwarder shows what of it any gateway on these links pays that uses AF_XDP.
struct Signalling {
    private static let phones = 64
    let part: Part

    /// What is measured.
    private enum Quantity: Hashable {
        /// Processor time of one message, ends included, in ns.
        case cost
        /// Messages a second of the clock, as many as go.
        case rate
        /// Time from request to answer that 50 or 99 % do not exceed, in ns, at half of the helper's highest rate.
        case latency(percentile: Int)
        /// Messages that nobody should have received, requests without answer, and frames that no counter accounts for.
        case strange, lost, unaccounted
    }

    private typealias Turn = Rounds<Quantity>.Turn

    func measure() throws {
        let path = try ControlPath()
        defer { path.topology.remove() }
        try path.topology.useKernelHelper()
        var context: [String: String] = [:]
        let rounds = try Rounds<Quantity>(of: part, reserve: part.isQuick ? 55 : 220, loadedBy: .rate) { way, full in
            try measure(way, path, full: full, &context)
        }
        context["phones"] = "\(Signalling.phones)"
        context["messages"] = "REGISTER, INVITE with SDP (725 bytes), BYE, and their answers"
        try report(rounds, context)
    }

    private func measure(
        _ way: Way, _ path: ControlPath, full: Double?, _ context: inout [String: String]
    ) throws -> Turn {
        let gateway = Gateway.sallyport(part.gateway)
        // Calls are remembered for 32 seconds: all of a turn.
        let running =
            way == .gateway ? try gateway.start(on: path.topology, conversations: 262_144, sip: [.udp]) : nil
        let forwarder = way == .bare ? try path.forward() : nil
        defer {
            _ = try? running?.stop()
            _ = try? forwarder?.stop()
        }
        let traffic = try path.signalling(
            phones: Signalling.phones, isDirect: way == .direct, isTranslated: way == .gateway || way == .kernel)
        if way == .kernel {
            try path.topology.router.inside { for link in ["lan0", "wan0"] { try traffic.pass(link) } }
        }
        var turn = try saturate(traffic)
        guard way == .gateway || way == .kernel else { return turn }
        let paced = try traffic.pace(perSecond: (full ?? turn[.rate]!) / 4, seconds: seconds)
        for percentile in [50, 99] {
            turn[.latency(percentile: percentile)] = paced.results.latencies.percentile(Double(percentile) / 100)
        }
        let all = try traffic.results()
        turn[.strange] = all.strange
        turn[.lost] = all.lost
        if let running {
            turn[.unaccounted] = try ControlFrames.unaccounted(running)
            context = try Circumstances.of(running, on: path.topology)
        }
        return turn
    }

    private var seconds: Double { part.isQuick ? 0.5 : 1.5 }

    private func saturate(_ traffic: SIPTraffic) throws -> Turn {
        var (messages, busy) = (0.0, 0.0)
        try traffic.saturate(seconds: seconds) {
            busy = ProcessorTime().busy
        } finished: {
            busy = ProcessorTime().busy - busy
            messages = 2 * $0.answers
        }
        return [.cost: busy / messages * 1e9, .rate: messages / seconds]
    }

    // MARK: Report

    private func report(_ rounds: Rounds<Quantity>, _ context: [String: String]) throws {
        for (name, way) in [
            ("ends alone", Way.direct), ("bare AF_XDP forwarder", .bare), ("gateway", .gateway),
            ("nf_nat_sip", .kernel),
        ] {
            try part.measured(
                "SIP messages, \(name)", unit: "messages/s", rounds.all(.rate, way), context: context,
                series: "SIP messages a second: \(name)")
            if way == .direct { continue }
            try part.measured(
                "SIP message, own cost, \(name)", unit: "ns", rounds.own(.cost, way), context: context,
                series: "SIP, processor time of a message: \(name)")
        }
        try part.measured(
            "SIP messages per second and core beside nf_nat_sip", unit: "ratio",
            zip(rounds.own(.cost, .kernel), rounds.own(.cost, .gateway)).map { $0 / $1 }, context: context,
            goal: .sipMessages)
        for percentile in [50, 99] {
            let quantity = Quantity.latency(percentile: percentile)
            let name = "SIP request to answer, p\(percentile) at half of nf_nat_sip's rate"
            let (ours, theirs) = (rounds.all(quantity, .gateway), rounds.all(quantity, .kernel))
            try part.measured("\(name), gateway", unit: "ns", ours, context: context)
            try part.measured("\(name), nf_nat_sip", unit: "ns", theirs, context: context)
            guard percentile == 99 else { continue }
            try part.measured(
                "\(name), gateway to nf_nat_sip", unit: "ratio", zip(ours, theirs).map { $0 / $1 }, context: context,
                goal: .sipLatency)
        }
        for (name, way) in [("gateway", Way.gateway), ("nf_nat_sip", .kernel)] {
            try part.measured(
                "SIP: messages that should not have come, \(name)", unit: "frames", rounds.all(.strange, way),
                context: context
            )
            try part.measured(
                "SIP: requests without answer, \(name)", unit: "frames", rounds.all(.lost, way), context: context)
        }
        try part.measured(
            "SIP: frames in, less frames out and named drops", unit: "frames", rounds.all(.unaccounted, .gateway),
            context: context, goal: .accounting)
    }
}
