// Loads of calls over links that lose packets and repeat others: what SIP and TCP repeat themselves has to be treated as
// the first time was.

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("SIP over bad links", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct BadLinkTests {
        private static let isWhole = SIPGatewayTests.calls >= 10_000

        @Test("Calls over UDP succeed, every message that comes again is the same, and nothing is left behind")
        func datagrams() throws {
            let topology = try Topology()
            defer { topology.remove() }
            let gateway = try #require(
                try GatewayUnderTest.choice.start(on: topology, sip: [.udp], sipSeconds: ["binding": 120]))
            let hosts = [(topology.inside, Topology.insideAddress), (topology.outside, topology.outsideAddress)]
            let captures = try hosts.map { try PacketCapture(on: $0.0, "udp port 5060", in: topology.sandbox) }
            let load = SIPLoad(calls: SIPGatewayTests.calls, rate: 200, over: .udp, isLossy: true)
            try run(load, in: topology, gateway)
            for (host, capture) in zip(hosts, captures) {
                let repetitions = Repetitions(to: host.1, in: try capture.stop())
                #expect(repetitions.count > load.calls / 50)
                #expect(repetitions.differences.isEmpty, "\(repetitions.differences.prefix(3))")
                print("\(host.1) heard \(repetitions.count) messages again")
            }
            if Self.isWhole {
                sleep(125)
                let counters = try gateway.counters()
                #expect(counters["bindingsOpened", default: 0] > 0)
                #expect(counters["bindingsOpened"] == counters["bindingsEnded"])
            }
            try gateway.stop()
        }

        @Test("Calls over TCP succeed, and leave nothing behind")
        func streams() throws {
            let topology = try Topology()
            defer { topology.remove() }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology, sip: [.udp, .tcp]))
            let load = SIPLoad(calls: SIPGatewayTests.calls / 5, rate: 50, over: .tcp, isLossy: true)
            try run(load, in: topology, gateway)
            try gateway.stop()
        }

        @Test("A message that comes again with another address is found out, and one of another transaction is none")
        func repetitions() {
            func bye(branch: Int, via: String, from source: String = "203.0.113.7:40000") -> Datagram {
                let message = """
                    BYE sip:bob@203.0.113.20 SIP/2.0
                    Via: SIP/2.0/UDP \(via);branch=z9hG4bK\(branch);rport
                    From: <sip:alice@203.0.113.7>;tag=1
                    To: <sip:bob@203.0.113.20>;tag=2
                    Call-ID: 3@192.168.1.10
                    CSeq: 2 BYE


                    """.replacingOccurrences(of: "\n", with: "\r\n")
                return Datagram(time: 0, source: source, destination: "203.0.113.20:5060", payload: Array(message.utf8))
            }
            let (first, other) = ("203.0.113.7:40000", "203.0.113.7:40001")
            let heard = [
                bye(branch: 1, via: first), bye(branch: 1, via: first), bye(branch: 1, via: other),
                bye(branch: 1, via: first, from: other), bye(branch: 2, via: other),
            ]
            let repetitions = Repetitions(to: "203.0.113.20", in: heard)
            #expect(repetitions.count == 3 && repetitions.differences.count == 2)
        }

        private func run(_ load: SIPLoad, in topology: Topology, _ gateway: GatewayProcess) throws {
            let links = try [topology.inside, topology.outside].map { try Impairment(on: $0) }
            let result = try load.run(
                from: .init(topology.inside, Topology.insideAddress),
                to: .init(topology.outside, topology.outsideAddress), in: topology.sandbox)
            print(result.summary)
            #expect(result.succeeded == load.calls && result.failed == 0)
            // Nobody repeats sound. Of a hundred packets each link loses one and repeats one.
            let sent = load.calls * load.packets
            for heard in [result.soundToCallee, result.soundToCaller] {
                #expect(heard > sent * 95 / 100 && heard < sent * 105 / 100)
            }
            for link in links {
                let count = try link.count()
                print("a link lost \(count.lost) packets and repeated \(count.repeated)")
                #expect(count.lost > sent / 200 && count.repeated > sent / 200)
            }
            // As long as repetitions of the last messages are expected.
            sleep(36)
            let counters = try gateway.counters()
            #expect(counters["callsOpened"] == load.calls && counters["callsEnded"] == load.calls)
            #expect(counters["mediaOpened", default: 0] >= load.calls)
            #expect(counters["mediaOpened"] == counters["mediaClosed"])
            for name in ["mediaFull", "callsLost", "callsFull", "sipRefused", "sipMalformed", "sipStreamsUnread"] {
                #expect(counters[name] == 0, "\(name)")
            }
            #expect(try gateway.answer(to: "calls") == "[\n\n]\n")
        }
    }
}
