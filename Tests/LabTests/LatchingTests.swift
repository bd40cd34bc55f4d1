// Media of a far end that is behind a NAT of its own (RFC 7362).

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("Latching", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct LatchingTests {
        private static let farAddress = "10.9.9.20"

        @Test("A phone behind another NAT, which announces its private address, is heard, and hears")
        func far() throws {
            let topology = try Topology(middleBox: .init(forgetsAfter: 600))
            defer { topology.remove() }
            try hideFarPhone(in: topology)
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology, sip: [.udp]))
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../Conversations/latching.py").path
            let far = try topology.outside.start(["python3", script, "far", Self.farAddress])
            try far.wait(for: "ready")
            let near = try topology.inside.start(
                ["python3", script, "near", Topology.insideAddress, "203.0.113.1"]
            ).succeed()
            let heard = try [near, far.succeed()].map { try #require(Int($0.matches(of: /\d+/).last?.output ?? "")) }
            // The near phone's first packets, before the far one's first has come, go to the address that nobody reaches.
            #expect(heard[0] >= 48 && heard[1] >= 30, "\(heard)")
            let counters = try gateway.counters()
            #expect(counters["mediaLatched"] == 1 && counters["steer_media", default: 0] >= 1)
            #expect(counters["mediaOpened"] == counters["mediaClosed"] && counters["callsEnded"] == 1)
            try gateway.stop()
        }

        /// The middle box becomes a NAT: it gives what leaves another port, and lets in what was asked for, and SIP.
        private func hideFarPhone(in topology: Topology) throws {
            let middle = try #require(topology.middle)
            try topology.outside.run("ip", "address", "add", "\(Self.farAddress)/24", "dev", "eth0")
            try middle.run("ip", "address", "add", "10.9.9.1/24", "dev", "far0")
            try topology.outside.run("ip", "route", "add", "203.0.113.0/24", "via", "10.9.9.1")
            let rules = """
                table ip hidden {
                    chain in {
                        type nat hook prerouting priority dstnat
                        iifname "near0" udp dport 5060 dnat to \(Self.farAddress)
                    }
                    chain out {
                        type nat hook postrouting priority srcnat
                        oifname "near0" udp sport 20000 masquerade to :50000-60000
                    }
                    chain forward {
                        type filter hook forward priority filter
                        iifname "near0" ct state new ct status ! dnat drop
                    }
                }
                """
            let file = "\(topology.sandbox.directory)/hidden.nft"
            try rules.write(toFile: file, atomically: false, encoding: .utf8)
            try middle.run("nft", "--file", file)
        }
    }
}
