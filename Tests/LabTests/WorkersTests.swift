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

        @Test("When every packet lands on a wrong queue, none is lost, overtaken, or seen by a worker not its own")
        func wrongQueues() throws {
            let topology = try Topology(queues: 4)
            defer { topology.remove() }
            for host in [topology.inside, topology.outside] { try host.send(byQueue: 2, of: 4) }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology))
            let (script, go) = (conversations("crowd.py"), "\(topology.sandbox.directory)/go")
            let crowd = try topology.outside.start([
                "python3", script, topology.inside.name, topology.outside.name, topology.outsideAddress, "4", "2", go,
            ])
            try crowd.wait(for: "ready")
            let before = try settled(gateway)
            try "".write(toFile: go, atomically: true, encoding: .utf8)
            try crowd.wait(for: "done", limit: 120)
            let after = try settled(gateway)
            let change = { (name: String) in after[name, default: 0] - before[name, default: 0] }
            // A line each way is a packet each way at least. All were handed over, and taken by their owners.
            #expect(change("received") > 2 * 50 * 8)
            #expect(change("handedOver") == change("received"))
            #expect(change("takenOver") == change("received"))
            #expect(change("acceptSegment") == change("received"))
            #expect(change("sent") == change("completed"))
            for name in ["dropOutOfOrder", "parkedSegments", "dropUnknown", "answerUnknown"] {
                #expect(after[name] == 0, "\(name)")
            }
            for host in [topology.inside, topology.outside] {
                let overtaken = try host.run("sh", "-c", "nstat -asz TcpExtTCPOFOQueue | awk 'END {print $2}'")
                #expect(overtaken == "0\n", "segments came to \(host.name) before their turn")
            }
            try crowd.stop(signal: SIGKILL)
            try gateway.stop()
        }

        @Test("A peer of an odd port hears a phone, whichever worker the phone's packets land on")
        func oddPort() throws {
            let topology = try Topology(queues: 4)
            defer { topology.remove() }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology, sip: [.udp]))
            let script = conversations("oddport.py")
            let peer = try topology.outside.start(["python3", script, "peer", topology.outsideAddress])
            try peer.wait(for: "ready")
            for queue in 0..<4 {
                try topology.inside.send(byQueue: queue, of: 4)
                let phone = try topology.inside.start(
                    ["python3", script, "phone", Topology.insideAddress, topology.outsideAddress]
                ).succeed()
                #expect(phone.contains("5 of 5 answers heard"), "queue \(queue): \(phone)")
            }
            try peer.stop(signal: SIGKILL)
            let counters = try settled(gateway)
            #expect(counters["handedOver", default: 0] >= 3 * 5 && counters["flowAnswered"] == 0)
            try gateway.stop()
        }

        @Test("Cards with fewer queues than there are workers are sent to by way of others", arguments: [1, 2])
        func fewQueues(outsideQueues: Int) throws {
            let topology = try Topology(queues: 4, outsideQueues: outsideQueues)
            defer { topology.remove() }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology))
            let server = try FTPServer(.vsftpd, in: topology)
            try makeFile("\(server.folder)/file", bytes: 1000)
            for mode in TransferMode.allCases {
                for _ in 0..<4 {
                    let copy = "\(topology.sandbox.directory)/copy"
                    try FTPClient(.curl, mode).run([.download(remote: "file", local: copy)], with: server, in: topology)
                }
            }
            let counters = try settled(gateway)
            #expect(counters["passedOut", default: 0] > 0)
            #expect(counters["dropHandOverFull"] == 0 && counters["answerUnknown"] == 0)
            #expect(counters["sent"] == counters["transmitted"])
            try gateway.stop()
        }

        @Test("An interface that goes takes the gateway down, with the reason, and leaves nothing attached")
        func deletedInterface() throws {
            let topology = try Topology(queues: 4)
            defer { topology.remove() }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology))
            let before = try topology.router.run("ip", "-details", "link", "show", "lan0")
            #expect(before.contains("prog/xdp"))
            try topology.router.run("ip", "link", "delete", "wan0")
            let outcome = try gateway.process.wait()
            #expect(outcome.status == 1, "\(outcome.errors)")
            let reason = outcome.errors.split(separator: "\n").last ?? ""
            #expect(reason.hasPrefix("sallyport: worker "), "\(outcome.errors)")
            for words in ["wan0 queue", "errno", "see `ip link`"] { #expect(reason.contains(words), "\(reason)") }
            #expect(try !topology.router.run("ip", "-details", "link", "show", "lan0").contains("prog/xdp"))
        }

        @Test("More workers than queues are refused, with what to write instead")
        func tooManyWorkers() throws {
            let topology = try Topology(queues: 2)
            defer { topology.remove() }
            let error = #expect(throws: LabError.self) {
                try GatewayUnderTest.choice.start(on: topology, workers: "3")
            }
            #expect(error?.description.contains("gateway.workers: 3 are more than the queues that") == true)
        }

        /// The counters when the traffic has come to rest: those of sockets are told once a second.
        private func settled(_ gateway: GatewayProcess) throws -> [String: Int] {
            let moving = ["received", "takenOver", "acceptSegment", "sent", "transmitted", "completed"]
            var last: [Int?] = []
            for _ in 0..<20 {
                let counters = try gateway.counters()
                let now = moving.map { counters[$0] }
                if now == last { return counters }
                last = now
                sleep(2)
            }
            throw LabError("the traffic does not come to rest: \(moving): \(last)")
        }

        private func conversations(_ script: String) -> String {
            URL(fileURLWithPath: "\(#filePath)/../../Conversations/\(script)").standardized.path
        }
    }
}
