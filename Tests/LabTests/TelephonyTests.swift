// The telephones, the registrar and the load of calls, where nothing stands between them but a router that forwards:
// what the lab says of a gateway is worth as much as what it says here.

import Testing

@testable import Lab

extension LabTests {
    @Suite("Telephones without a gateway")
    struct TelephonyTests {
        @Test("Phones register, call each other, hear each other, hold, resume and hang up")
        func calls() throws {
            let topology = try Topology(translates: false)
            defer { topology.remove() }
            let telephony = try Telephony(in: topology)
            let (alice, bob) = (telephony.alice, telephony.bob)
            #expect(alice.isRegistered())
            #expect(bob.isRegistered())
            for (caller, other) in [(alice, bob), (bob, alice)] {
                #expect(try caller.call(other))
                try expectSound(telephony)
                #expect(try caller.hold(true, with: other))
                #expect(try telephony.isSilent())
                #expect(try caller.hold(false, with: other))
                try expectSound(telephony)
                #expect(try other.hangUp(with: caller))
                #expect(try telephony.isSilent())
            }
            try telephony.stop()
        }

        @Test("Phones call each other at their own addresses")
        func direct() throws {
            let topology = try Topology(translates: false)
            defer { topology.remove() }
            let telephony = try Telephony(in: topology)
            let (alice, bob) = (telephony.alice, telephony.bob)
            #expect(alice.isRegistered())
            #expect(try alice.call(bob, at: "sip:bob@\(bob.address)"))
            try expectSound(telephony)
            #expect(try alice.hangUp(with: bob))
            try telephony.stop()
        }

        @Test("A call to nobody fails, and says so, and nobody is heard")
        func nobody() throws {
            let topology = try Topology(translates: false)
            defer { topology.remove() }
            let telephony = try Telephony(in: topology)
            #expect(telephony.alice.isRegistered())
            #expect(try !telephony.alice.call(telephony.bob, at: telephony.registrar.user("nobody")))
            #expect(telephony.alice.lastReason == "404 Not Found")
            #expect(try telephony.packets(heardBy: telephony.bob, limit: 0.2) == 0)
            try telephony.stop()
        }

        @Test("A thousand calls, 200 a second, succeed with all of their sound", arguments: SIPTransport.allCases)
        func load(transport: SIPTransport) throws {
            let topology = try Topology(translates: false)
            defer { topology.remove() }
            let inside = SIPLoad.Party(topology.inside, Topology.insideAddress)
            let outside = SIPLoad.Party(topology.outside, topology.outsideAddress)
            let load = SIPLoad(calls: 1000, rate: 200, over: transport)
            for (caller, callee) in [(inside, outside), (outside, inside)] {
                expectSuccess(try load.run(from: caller, to: callee, in: topology.sandbox), of: load)
            }
        }

        @Test("Calls through the registrar reach who has registered", arguments: SIPTransport.allCases)
        func registered(transport: SIPTransport) throws {
            let topology = try Topology(translates: false)
            defer { topology.remove() }
            let registrar = try Registrar(in: topology)
            try topology.outside.run("ip", "address", "add", "\(Telephony.bobsAddress)/24", "dev", "eth0")
            let load = SIPLoad(calls: 100, rate: 100, over: transport)
            let result = try load.run(
                from: .init(topology.outside, Telephony.bobsAddress),
                to: .init(topology.inside, Topology.insideAddress), through: registrar, in: topology.sandbox)
            expectSuccess(result, of: load)
        }

        @Test("Calls that nobody can reach are counted as failed")
        func unreachable() throws {
            let topology = try Topology()
            defer { topology.remove() }
            let load = SIPLoad(calls: 3, rate: 10, over: .udp, patience: 2)
            let result = try load.run(
                from: .init(topology.outside, topology.outsideAddress),
                to: .init(topology.inside, Topology.insideAddress), at: "\(Topology.publicAddress):5060",
                in: topology.sandbox)
            #expect(result.succeeded == 0)
            #expect(result.failed == 3)
            #expect(result.soundToCallee + result.soundToCaller == 0)
        }

        @Test("The INVITEs of a load are as long as those of phones")
        func length() throws {
            let topology = try Topology(translates: false)
            defer { topology.remove() }
            let capture = try PacketCapture(on: topology.outside, "udp port 5060", in: topology.sandbox)
            _ = try SIPLoad(calls: 1, rate: 1, over: .udp).run(
                from: .init(topology.inside, Topology.insideAddress),
                to: .init(topology.outside, topology.outsideAddress), in: topology.sandbox)
            let invite = try #require(capture.stop().first { $0.message?.hasPrefix("INVITE ") == true })
            let length = invite.payload.count
            #expect(abs(length - 725) < 25)
        }

        private func expectSound(_ telephony: Telephony) throws {
            for listener in [telephony.alice, telephony.bob] {
                #expect(try telephony.packets(heardBy: listener) >= 25, "\(listener.name)")
            }
        }

        private func expectSuccess(_ result: SIPLoadResult, of load: SIPLoad) {
            print(result.summary)
            #expect(result.succeeded == load.calls)
            #expect(result.failed == 0)
            #expect(result.soundToCallee == load.calls * load.packets)
            #expect(result.soundToCaller == load.calls * load.packets)
            #expect(result.responseTimes.count == load.calls)
        }
    }
}
