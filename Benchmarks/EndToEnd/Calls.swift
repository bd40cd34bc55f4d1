import BenchmarkSupport
import Foundation
import Lab

/// Complete calls of a real SIP program, SIPp, with media flows made and removed, through the gateway beside the kernel's
/// nf_nat_sip. The rates are what SIPp itself does on this machine, unless something else is slower.
struct Calls {
    let part: Part

    func measure() throws {
        let ways: [(name: String, gateway: Gateway)] = [
            ("gateway", .sallyport(part.gateway)), ("nf_nat_sip", .kernelHelper),
        ]
        for (name, gateway) in ways {
            let topology = try Topology()
            defer { topology.remove() }
            let running = try gateway.start(on: topology, sip: [.udp])
            let best = try search(topology)
            try part.measured(
                "SIPp, complete calls, \(name)", unit: "calls/s", [best.rate], series: "SIPp, complete calls: \(name)")
            try part.measured(
                "SIPp, RTP that came to the caller, of all that was sent to it, \(name)", unit: "%",
                [100 * best.heard], context: ["rate": "\(Int(best.rate)) calls/s"])
            try running?.stop()
        }
    }

    /// The highest rate, doubling, at which every call succeeds without a retransmission, and how much of the sound is
    /// heard there.
    private func search(_ topology: Topology) throws -> (rate: Double, heard: Double) {
        var best = (rate: 0.0, heard: 0.0)
        var rate = part.isQuick ? 400 : 800
        while rate <= 3200 {
            let load = SIPLoad(calls: rate, rate: rate, over: .udp, packets: 2)
            let result = try load.run(
                from: SIPLoad.Party(topology.inside, Topology.insideAddress),
                to: SIPLoad.Party(topology.outside, topology.outsideAddress), in: topology.sandbox)
            guard result.failed == 0, result.retransmissions == 0 else { break }
            best = (Double(rate), Double(result.soundToCaller) / Double(load.packets * load.calls))
            if part.isQuick { break }
            rate *= 2
        }
        return best
    }
}
