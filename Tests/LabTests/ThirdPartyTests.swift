// An agent inside that registers phones of other addresses (RFC 3261 section 10.2), as an inside proxy does.

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("Third parties", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct ThirdPartyTests {
        @Test(
            "2.13 item 21: phones that an agent has registered are called, hear and are heard, whichever worker's they are",
            arguments: ["1", "4"])
        func agent(workers: String) throws {
            let topology = try Topology(queues: 4)
            defer { topology.remove() }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology, workers: workers, sip: [.udp]))
            let registrar = try Registrar(in: topology)
            let caller = "203.0.113.22"
            try topology.outside.run("ip", "address", "add", "\(caller)/24", "dev", "eth0")
            let directory = topology.sandbox.directory
            let scenario = SIPScenarios(sound: "", milliseconds: 0, waiting: 0).registration
            struct Registration: Decodable { let inside, translated: String }
            for number in 11...14 {
                let phone = "192.168.1.\(number)"
                try topology.inside.run("ip", "address", "add", "\(phone)/24", "dev", "eth0")
                try scenario.replacingOccurrences(
                    of: "[local_ip]:[local_port];transport=[transport]", with: "\(phone):5060"
                )
                .write(toFile: "\(directory)/\(number).xml", atomically: false, encoding: .utf8)
                let agent = try topology.inside.start([
                    "env", "--chdir=\(directory)", "sipp", "-sf", "\(number).xml", "-s", "phone\(number)", "-i",
                    Topology.insideAddress, "-p", "5060", "-t", "u1", "-nostdin", "-m", "1",
                    "\(registrar.address):\(Registrar.port)",
                ])
                try agent.succeed(limit: 10)
                var contact: Registration?
                for _ in 0..<50 where contact == nil {
                    usleep(100_000)
                    contact = try JSONDecoder().decode(
                        [Registration].self, from: Data(try gateway.answer(to: "registrations").utf8)
                    ).first { $0.inside == "\(phone):5060" }
                }
                let result = try SIPLoad(calls: 10, rate: 10, over: .udp).run(
                    from: .init(topology.outside, caller), to: .init(topology.inside, phone),
                    at: try #require(contact).translated, in: topology.sandbox)
                #expect(result.succeeded == 10 && result.failed == 0, "\(phone)")
                #expect(result.soundToCallee == 50 && result.soundToCaller == 50, "\(phone)")
            }
            let counters = try gateway.counters()
            #expect(counters["callsEnded"] == 40 && counters["mediaOpened"] == 80)
            for name in ["dropSIPUnknown", "dropUnknownFlow", "sipMalformed"] {
                #expect(counters[name] == 0, "\(name)")
            }
            try registrar.stop()
            try gateway.stop()
        }
    }
}
