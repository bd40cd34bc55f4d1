// Calls over TCP through the gateway: many of them over one connection, and a phone that its registrar reaches by the
// one connection that it has opened.

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("SIP over TCP", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct SIPOverTCPTests {
        /// A fifth of those over UDP.
        private static let calls = SIPGatewayTests.calls / 5

        @Test("Calls over one connection succeed, and leave nothing behind", arguments: ["1", "4"])
        func load(workers: String) throws {
            let topology = try Topology(queues: 4)
            defer { topology.remove() }
            let gateway = try #require(
                try GatewayUnderTest.choice.start(on: topology, workers: workers, sip: [.udp, .tcp]))
            let load = SIPLoad(calls: Self.calls, rate: 50, over: .tcp)
            let result = try load.run(
                from: .init(topology.inside, Topology.insideAddress),
                to: .init(topology.outside, topology.outsideAddress), in: topology.sandbox)
            #expect(result.succeeded == load.calls && result.failed == 0 && result.retransmissions == 0)
            #expect(result.soundToCallee == 5 * load.calls && result.soundToCaller == 5 * load.calls)
            let counters = try gateway.counters()
            #expect(counters["callsOpened"] == load.calls && counters["callsEnded"] == load.calls)
            #expect(counters["mediaOpened"] == 2 * load.calls && counters["mediaClosed"] == 2 * load.calls)
            for name in ["sipStreamsUnread", "sipMalformed", "sipRefused", "mediaFull", "dropSequence", "dropNoFrame"] {
                #expect(counters[name] == 0, "\(name)")
            }
            // As long as repetitions of the last messages are expected.
            sleep(36)
            #expect(try gateway.answer(to: "calls") == "[\n\n]\n")
            try gateway.stop()
        }

        @Test("A phone on TCP registers, calls, is called by the same connection, hears and is heard")
        func phone() throws {
            let topology = try Topology()
            defer { topology.remove() }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology, sip: [.udp, .tcp]))
            let telephony = try Telephony(in: topology, over: .tcp)
            let (alice, bob) = (telephony.alice, telephony.bob)
            #expect(alice.isRegistered() && bob.isRegistered())
            struct Registration: Decodable { let transport, inside, translated: String }
            let registrations = try JSONDecoder().decode(
                [Registration].self, from: Data(try gateway.answer(to: "registrations").utf8))
            #expect(registrations.map(\.transport) == ["tcp"])
            for (caller, other) in [(alice, bob), (bob, alice)] {
                #expect(try caller.call(other))
                #expect(try telephony.packets(heardBy: alice) >= 25)
                #expect(try telephony.packets(heardBy: bob) >= 25)
                #expect(try caller.hold(true, with: other))
                #expect(try caller.hold(false, with: other))
                #expect(try other.hangUp(with: caller))
            }
            let counters = try gateway.counters()
            #expect(counters["callsEnded"] == 2 && counters["conversationsOpened"] == 1)
            #expect(counters["sipStreamsUnread"] == 0)
            try telephony.stop()
            try gateway.stop()
        }

        @Test(
            "Whoever connects to what a phone has registered reaches it: by TCP, beside the phone's own connection, or by UDP",
            arguments: ["1", "4"], [SIPTransport.tcp, .udp])
        func contact(workers: String, transport: SIPTransport) throws {
            let topology = try Topology(queues: 4)
            defer { topology.remove() }
            let gateway = try #require(
                try GatewayUnderTest.choice.start(on: topology, workers: workers, sip: [.udp, .tcp]))
            let registrar = try Registrar(in: topology)
            // The phone registers from one port, and listens on another, for TCP.
            let scenario = SIPScenarios(sound: "", milliseconds: 0, waiting: 0).registration
                .replacingOccurrences(of: "[local_port];transport=[transport]", with: "5060;transport=tcp")
                .replacingOccurrences(of: "</scenario>", with: "<pause milliseconds=\"60000\"/></scenario>")
            let directory = topology.sandbox.directory
            try scenario.write(toFile: "\(directory)/register.xml", atomically: false, encoding: .utf8)
            let phone = try topology.inside.start([
                "env", "--chdir=\(directory)", "sipp", "-sf", "register.xml", "-s", "callee", "-i",
                Topology.insideAddress, "-p", "5070", "-t", transport == .tcp ? "t1" : "u1", "-nostdin", "-m", "1",
                "\(registrar.address):\(Registrar.port)",
            ])
            struct Registration: Decodable { let inside, translated: String }
            var registrations: [Registration] = []
            for _ in 0..<100 where registrations.isEmpty {
                usleep(100_000)
                registrations = try JSONDecoder().decode(
                    [Registration].self, from: Data(try gateway.answer(to: "registrations").utf8))
            }
            let contact = try #require(registrations.first)
            #expect((contact.inside == "\(Topology.insideAddress):5060") == (transport == .udp))
            let caller = "203.0.113.22"
            try topology.outside.run("ip", "address", "add", "\(caller)/24", "dev", "eth0")
            let result = try SIPLoad(calls: 20, rate: 10, over: .tcp).run(
                from: .init(topology.outside, caller), to: .init(topology.inside, Topology.insideAddress),
                at: contact.translated, in: topology.sandbox)
            #expect(result.succeeded == 20 && result.failed == 0)
            #expect(result.soundToCallee == 100 && result.soundToCaller == 100)
            let counters = try gateway.counters()
            #expect(counters["conversationsOpened"] == (transport == .tcp ? 2 : 1) && counters["callsEnded"] == 20)
            for name in ["dropUnknown", "dropUnknownFlow", "sipPeersFull", "sipStreamsUnread", "dropTableFull"] {
                #expect(counters[name] == 0, "\(name)")
            }
            _ = try? phone.stop()
            try registrar.stop()
            try gateway.stop()
        }
    }
}
