// Several workers, and packets that the links bring to the wrong ones.

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("Workers", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct WorkersTests {
        @Test("Real clients at once, while all traffic moves from queue to queue", arguments: ["2", "4"])
        func clients(workers: String) throws {
            let topology = try Topology(queues: 4)
            defer { topology.remove() }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology, workers: workers))
            let server = try FTPServer(.vsftpd, in: topology)
            try makeFile("\(server.folder)/file", bytes: 1_000_000)
            let here = topology.sandbox.directory
            var running: [(name: String, client: ChildProcess)] = []
            for program in FTPClient.Program.allCases {
                for mode in TransferMode.allCases {
                    let name = "\(program.rawValue)-\(mode.rawValue)"
                    let transfers = (0..<5).flatMap { _ in
                        [
                            Transfer.download(remote: "file", local: "\(here)/\(name)"),
                            .upload(local: "\(server.folder)/file", remote: "up-\(name)"),
                        ]
                    }
                    running.append((name, try FTPClient(program, mode).start(transfers, with: server, in: topology)))
                }
            }
            for round in 0..<20 {
                for host in [topology.inside, topology.outside] { try host.send(byQueue: round % 4, of: 4) }
                if !running.contains(where: { $0.client.isRunning }) { break }
            }
            for (name, client) in running {
                let outcome = try client.wait(limit: 120)
                #expect(outcome.status == 0, "\(name): \(outcome.output)\(outcome.errors)")
                for copy in ["\(here)/\(name)", "\(server.folder)/up-\(name)"] {
                    #expect(try ChildProcess(["cmp", "\(server.folder)/file", copy]).wait().status == 0, "\(copy)")
                }
            }
            let counters = try gateway.counters()
            #expect(counters["handedOver", default: 0] > 0)
            // A packet that met a worker which does not own its conversation would be one of these.
            for name in ["dropHandOverFull", "dropUnknown", "answerUnknown", "dropTransmitRingFull"] {
                #expect(counters[name] == 0, "\(name)")
            }
            try gateway.stop()
        }
    }
}
