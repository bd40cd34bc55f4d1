// Two phones behind the gateway, on one host, that a registrar outside connects with each other.

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("Calls between phones inside", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct LocalCallTests {
        @Test(
            "Phones of one host hear each other through a registrar outside, at their own addresses or by hairpin",
            arguments: ["direct", "hairpin"], [1, 4])
        func calls(localMedia: String, queues: Int) throws {
            let topology = try Topology(queues: queues)
            defer { topology.remove() }
            let gateway = try #require(
                try GatewayUnderTest.choice.start(on: topology, sip: [.udp], sipKeys: ["local-media": localMedia]))
            let registrar = try Registrar(in: topology)
            let phones = try [("alice", 400, 5060), ("carol", 1000, 5062)].map { name, note, port in
                try Phone(
                    name, at: Topology.insideAddress, on: topology.inside, singing: note, registrar: registrar,
                    port: UInt16(port), in: topology.sandbox)
            }
            #expect(phones.allSatisfy { $0.isRegistered() })
            let capture = try PacketCapture(on: topology.inside, in: topology.sandbox)
            #expect(try phones[0].call(phones[1]))
            #expect(phones.allSatisfy { $0.hasReceivedSound() })
            for phone in phones {
                let heard = try capture.wait(for: 25, limit: localMedia == "direct" ? 0.5 : 3) { datagram in
                    datagram.source.hasPrefix("\(Topology.publicAddress):") && datagram.rtp?.carries(phone.note) == true
                }
                // What goes directly does not leave the host.
                #expect(localMedia == "direct" ? heard.isEmpty : heard.count >= 25, "\(phone.name): \(heard.count)")
            }
            #expect(try phones[1].hangUp(with: phones[0]))
            let counters = try gateway.counters()
            #expect(counters["mediaOpened"] == counters["mediaClosed"] && counters["mediaFull"] == 0)
            #expect((counters["mediaOpened", default: 0] > 0) == (localMedia == "hairpin"))
            for phone in phones { try phone.stop() }
            try registrar.stop()
            try gateway.stop()
        }

        @Test("A phone reaches another at its public endpoint, and sees where it comes from", arguments: [1, 4])
        func signalling(queues: Int) throws {
            let topology = try Topology(queues: queues)
            defer { topology.remove() }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology, sip: [.udp]))
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../Conversations/hairpin.py").path
            let server = try topology.outside.start(["python3", script, "server", topology.outsideAddress])
            try server.wait(for: "ready")
            try topology.inside.run("ip", "address", "add", "192.168.1.11/24", "dev", "eth0")
            let phones = try topology.inside.run(
                "python3", script, "phones", Topology.insideAddress, "192.168.1.11", topology.outsideAddress,
                Topology.publicAddress)
            #expect(phones.contains("reached each other"), "\(phones)")
            _ = try server.stop()
            #expect(try gateway.counters()["dropSIPUnknown"] == 0)
            try gateway.stop()
        }
    }
}
