// SIP through the gateway: real phones and a real registrar, loads of calls, and messages that come in fragments.

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("SIP through the gateway", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct SIPGatewayTests {
        /// A call for every so-manieth of ten thousand; SALLYPORT_CALLS=10000 makes all of them.
        static let calls = ProcessInfo.processInfo.environment["SALLYPORT_CALLS"].flatMap { Int($0) } ?? 600

        @Test("Phones register, are called, hear each other, hold, resume and hang up")
        func phones() throws {
            #expect(try SIPDemonstration.run(gateway: GatewayUnderTest.choice, page: Page()))
        }

        @Test(
            "Calls from inside, 200 a second, succeed with all of their sound, and leave nothing behind",
            arguments: [1, 4])
        func outward(queues: Int) throws {
            let topology = try Topology(queues: queues)
            defer { topology.remove() }
            // All calls of a host are one worker's, which has its part of the table only, and those of the last 32 seconds
            // are still remembered: 6400.
            let gateway = try #require(
                try GatewayUnderTest.choice.start(on: topology, conversations: 16384 * queues, sip: [.udp]))
            let load = SIPLoad(calls: Self.calls, rate: 200, over: .udp)
            let result = try load.run(
                from: .init(topology.inside, Topology.insideAddress),
                to: .init(topology.outside, topology.outsideAddress), in: topology.sandbox)
            try expectSuccess(result, of: load, gateway)
        }

        @Test("Calls from outside reach who has registered from inside, and leave nothing behind")
        func inward() throws {
            let topology = try Topology()
            defer { topology.remove() }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology, sip: [.udp]))
            let registrar = try Registrar(in: topology)
            try topology.outside.run("ip", "address", "add", "\(Telephony.bobsAddress)/24", "dev", "eth0")
            let load = SIPLoad(calls: Self.calls, rate: 200, over: .udp)
            let result = try load.run(
                from: .init(topology.outside, Telephony.bobsAddress),
                to: .init(topology.inside, Topology.insideAddress), through: registrar, in: topology.sandbox)
            try expectSuccess(result, of: load, gateway)
        }

        @Test(
            """
            2.13 item 8: messages that come in fragments, in order or the last first, are put together, translated, and leave \
            in fragments, while those of other traffic pass
            """, arguments: [false, true], [1, 4])
        func fragments(areReversed: Bool, queues: Int) throws {
            let topology = try Topology(queues: queues)
            defer { topology.remove() }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology, sip: [.udp]))
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../Conversations/fragments.py").path
            let order = areReversed ? ["reversed"] : []
            let server = try topology.outside.start(["python3", script, "server", topology.outsideAddress] + order)
            try server.wait(for: "ready")
            for queue in 0..<queues {
                for host in [topology.inside, topology.outside] where queues > 1 {
                    try host.send(byQueue: queue, of: queues)
                }
                let client = try topology.inside.start(
                    ["python3", script, "client", Topology.insideAddress, topology.outsideAddress] + order
                ).succeed()
                #expect(client.contains("translated both ways"), "\(client)")
                let lost = client.matches(of: /(\d+) lost/).compactMap { Int($0.output.1) }
                // One each way until the sender is known, of other traffic until it is forgotten, and again of SIP.
                #expect(lost.reduce(0, +) <= (areReversed ? 6 : 0) && lost.last == 0, "\(client)")
            }
            _ = try server.stop()
            if queues > 1 { sleep(2) }  // Workers tell once a second what they have handed over.
            let counters = try gateway.counters()
            #expect(counters["steer_fragment", default: 0] > 0 && counters["dropSIPFragment"] == 0)
            #expect(counters["pass_fragment", default: 0] > 0)
            // What was lost began with the last fragment.
            #expect((counters["dropSIPIncomplete", default: 0] > 0) == areReversed)
            #expect(queues == 1 || counters["handedOver", default: 0] > 0)
            try gateway.stop()
        }

        private func expectSuccess(_ result: SIPLoadResult, of load: SIPLoad, _ gateway: GatewayProcess) throws {
            print(result.summary)
            #expect(result.succeeded == load.calls && result.failed == 0)
            #expect(result.soundToCallee == load.calls * load.packets)
            #expect(result.soundToCaller == load.calls * load.packets)
            let counters = try gateway.counters()
            #expect(counters["callsOpened"] == load.calls && counters["callsEnded"] == load.calls)
            #expect(counters["mediaOpened", default: 0] >= load.calls)
            #expect(counters["mediaOpened"] == counters["mediaClosed"])
            #expect(counters["mediaFull"] == 0 && counters["callsLost"] == 0 && counters["dropSIPUnknown"] == 0)
            try gateway.stop()
        }
    }
}
