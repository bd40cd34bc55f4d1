// Media over TCP: a real connection in a call, opened by either end.

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("Media over TCP", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct StreamTests {
        private static let stranger = "203.0.113.77"

        @Test(
            "A phone that waits is reached at its public port, by the announced host alone, until BYE",
            arguments: ["1", "4"])
        func waits(workers: String) throws {
            try during("waits", "connects", workers: workers) { near, far, gateway in
                struct Call: Decodable {
                    struct Media: Decodable {
                        struct Stream: Decodable { let bytes: Int }
                        let transport, inside, outside: String
                        let sent, received: Stream
                    }
                    let media: [Media]
                }
                let calls = try JSONDecoder().decode([Call].self, from: Data(try gateway.answer(to: "calls").utf8))
                let media = try #require(calls.first?.media.first)
                #expect(calls.count == 1 && calls[0].media.count == 1 && media.transport == "tcp")
                #expect(media.inside == "\(Topology.insideAddress):7394")
                #expect(media.sent.bytes > 400_000 && media.received.bytes > 400_000)
                let said = try [near.succeed(), far.succeed()]
                #expect(said[0].contains("near heard all") && said[0].contains("behind the end: nothing"), "\(said)")
                #expect(said[1].contains("far heard all") && said[1].contains("stranger kept out"), "\(said)")
                let counters = try gateway.counters()
                #expect(counters["mediaOpened"] == 1 && counters["mediaClosed"] == 1 && counters["callsEnded"] == 1)
                #expect(counters["forward_flow", default: 0] > 100)
                #expect(try gateway.answer(to: "flows") == "[\n\n]\n")
            }
        }

        @Test("A phone that connects itself does so by the kernel's translation, and nothing is opened for it")
        func connects() throws {
            try during("connects", "waits", workers: "auto") { near, far, gateway in
                let said = try [near.succeed(), far.succeed()]
                #expect(said[0].contains("near heard all") && said[1].contains("far heard all"), "\(said)")
                let counters = try gateway.counters()
                #expect(counters["mediaOpened"] == 0 && counters["callsEnded"] == 1)
            }
        }

        /// Once both have heard each other.
        private func during(
            _ nearRole: String, _ farRole: String, workers: String,
            _ body: (ChildProcess, ChildProcess, GatewayProcess) throws -> Void
        ) throws {
            let topology = try Topology(queues: 4)
            defer { topology.remove() }
            try topology.outside.run("ip", "address", "add", "\(Self.stranger)/24", "dev", "eth0")
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology, workers: workers, sip: [.udp]))
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../Conversations/streams.py").path
            let far = try topology.outside.start(
                ["python3", script, "far", topology.outsideAddress, farRole, Self.stranger])
            try far.wait(for: "ready")
            let near = try topology.inside.start(
                ["python3", script, "near", Topology.insideAddress, topology.outsideAddress, nearRole])
            try near.wait(for: "connected with \(topology.outsideAddress)", limit: 20)
            try body(near, far, gateway)
            try gateway.stop()
        }
    }
}
