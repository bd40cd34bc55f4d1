// What the gateway would do, told beside real traffic (`run --observe`) and afterwards from a capture (`explain`): the
// same, and nothing is changed meanwhile.

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("Observing and explaining", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct ObservationTests {
        /// A message as `explain --json` tells of it.
        private struct Explanation: Decodable {
            struct Line: Decodable {
                struct Why: Decodable { let what, why: String }
                let before: String
                let after: String?
                let reasons: [Why]
            }
            struct Opening: Decodable { let kind: String }
            struct Remark: Decodable { let name: String }
            let message, transport, side: String
            let changes: [Line]
            let openings: [Opening]
            let remarks: [Remark]
        }

        @Test(
            "Calls pass unchanged, what would become of them is told, and explain says the same",
            arguments: SIPTransport.allCases)
        func calls(transport: SIPTransport) throws {
            let topology = try Topology(translates: false)
            defer { topology.remove() }
            let observer = try GatewayProcess.observe(executable, on: topology, sip: [.udp, .tcp])
            let captures = try [topology.inside, topology.outside].map {
                try PacketCapture(on: $0, "(port 5060 or udp) and not host 192.168.1.1", in: topology.sandbox)
            }
            // To the router itself: none of the gateway's.
            try topology.inside.run("bash", "-c", "echo OPTIONS >/dev/udp/192.168.1.1/5060")
            let load = SIPLoad(calls: 40, rate: 40, over: transport)
            let result = try load.run(
                from: .init(topology.inside, Topology.insideAddress),
                to: .init(topology.outside, topology.outsideAddress), in: topology.sandbox)
            #expect(result.succeeded == 40 && result.failed == 0)
            #expect(result.soundToCaller == 200 && result.soundToCallee == 200)
            // Several processors may swap those that follow each other closely.
            let datagrams = try captures.map {
                try $0.stop().map(\.payload).sorted { $0.lexicographicallyPrecedes($1) }
            }
            #expect(datagrams[0].count >= 400 && datagrams[0] == datagrams[1])

            let told = try observer.process.stop().output
            let count = counters(told)
            #expect(count["callsOpened"] == 40 && count["callsConfirmed"] == 40 && count["callsEnded"] == 40)
            #expect(count["mediaOpened"] == 80 && count["mediaFull"] == nil && count["sipMalformed"] == nil)
            #expect(told.contains(#""c=IN IP4 192.168.1.10" would become "c=IN IP4 203.0.113.7""#))
            #expect(told.contains("would open for media: 203.0.113.20:") && !told.contains("192.168.1.1:"))

            let explained = try text("--pcap", captures[0].file, "--config", observer.configuration, in: topology)
            #expect(counters(explained) == count)
            let explanations = try objects("--pcap", captures[0].file, in: topology)
            let invites = explanations.filter { $0.message.hasPrefix("INVITE") }
            #expect(invites.count == 40)
            for invite in invites {
                #expect(invite.transport == transport.rawValue && invite.side == "inside" && invite.remarks.isEmpty)
                let reasons = Set(invite.changes.flatMap(\.reasons).map(\.what))
                #expect(reasons.isSuperset(of: ["via", "contact", "origin", "mediaAddress", "mediaPort"]))
                #expect(!reasons.contains("other"))
            }
            #expect(explanations.flatMap(\.openings).filter { $0.kind == "media" }.count == 40)
        }

        @Test("A phone's registration and call through masquerade alone: what is missing is explained")
        func phone() throws {
            let topology = try Topology()
            defer { topology.remove() }
            let capture = try PacketCapture(on: topology.inside, in: topology.sandbox)
            let telephony = try Telephony(in: topology)
            #expect(telephony.alice.isRegistered() && telephony.bob.isRegistered())
            #expect(try telephony.alice.call(telephony.bob))
            #expect(try telephony.alice.hold(true, with: telephony.bob))
            #expect(try telephony.alice.hangUp(with: telephony.bob))
            try telephony.stop()
            try capture.stop()
            let count = counters(try text("--pcap", capture.file, in: topology))
            #expect(count["registrationsOpened"] == 1 && count["callsConfirmed"] == 1 && count["callsEnded"] == 1)
            #expect(count["sipMalformed"] == nil && count["mediaFull"] == nil)
            let explanations = try objects("--pcap", capture.file, in: topology)
            let reasons = explanations.flatMap(\.changes).flatMap(\.reasons).map(\.what)
            #expect(Set(reasons).isSuperset(of: ["via", "contact", "source", "origin", "mediaAddress", "mediaPort"]))
            #expect(!reasons.contains("other"))
            #expect(explanations.flatMap(\.openings).contains { $0.kind == "media" })
        }

        @Test("A transfer of FTP in active mode is explained: PORT and the pinhole")
        func transfer() throws {
            let topology = try Topology(translates: false)
            defer { topology.remove() }
            let capture = try PacketCapture(on: topology.inside, "tcp port 21", in: topology.sandbox)
            let server = try FTPServer(.vsftpd, in: topology)
            try makeFile("\(server.folder)/file", bytes: 1000)
            try FTPClient(.curl, .port).run(
                [.download(remote: "file", local: "\(topology.sandbox.directory)/copy")], with: server, in: topology)
            try capture.stop()
            let explanations = try objects("--pcap", capture.file, "--public", "198.51.100.1", in: topology)
            let lines = explanations.flatMap(\.changes)
            #expect(lines.count == 1)
            #expect(lines.first?.before.hasPrefix("PORT 192,168,1,10,") == true)
            #expect(lines.first?.after?.hasPrefix("PORT 198,51,100,1,") == true)
            #expect(lines.first?.reasons.map(\.what) == ["announcement"])
            #expect(explanations.flatMap(\.openings).map(\.kind) == ["pinhole"])
        }

        @Test("explain says what is wrong with a file, ends with 1, and colours only terminals that want it")
        func commandLine() throws {
            let topology = try Topology(translates: false)
            defer { topology.remove() }
            let file = "\(topology.sandbox.directory)/file.pcap"
            // Two frames, of the second of which only so many octets were captured.
            let capture = try topology.inside.start(
                [
                    "tcpdump", "--immediate-mode", "-U", "-c", "2", "-s", "300", "-i", "eth0", "-w", file,
                    "udp port 5060",
                ])
            try capture.wait(for: "listening on")
            for padding in [0, 400] {
                let options = """
                    OPTIONS sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.10;branch=z9hG4bK\r\nFrom: <sip:a@b>;tag=1\r\n\
                    To: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nSubject: \(String(repeating: "x", count: padding))\r\n\r\n
                    """
                let send = "import socket, sys; socket.socket(2, 2).sendto(sys.argv[2].encode(), (sys.argv[1], 5060))"
                try topology.inside.run("python3", "-c", send, topology.outsideAddress, options)
            }
            try capture.succeed()
            let cut = try topology.inside.start([executable, "explain", "--pcap", file]).wait()
            #expect(cut.status == 1 && cut.errors.contains("first of frame 2"), "\(cut.errors)")
            #expect(cut.output.contains("+ Via: SIP/2.0/UDP 203.0.113.1:") && !cut.output.contains("\u{1b}"))
            let command = "\(executable) explain --pcap \(file)"
            for (environment, isColoured) in [("NO_COLOR=", true), ("NO_COLOR=1", false)] {
                let terminal = try topology.inside.start(
                    ["env", environment, "script", "-qc", command, "/dev/null"]).succeed()
                #expect(terminal.contains("\u{1b}[32m+ Via") == isColoured)
            }
            let foreign = try topology.inside.start([executable, "explain", "--pcap", executable]).wait()
            #expect(foreign.status == 1 && foreign.errors.contains("cannot be read as a capture"))
            let both = try topology.inside.start(
                [executable, "explain", "--pcap", file, "--config", "x", "--public", "198.51.100.1"]).wait()
            #expect(both.status == 64)
        }

        private var executable: String {
            if case .sallyport(let executable) = GatewayUnderTest.choice { return executable }
            return ""
        }

        private func text(_ arguments: String..., in topology: Topology) throws -> String {
            try topology.inside.start([executable, "explain"] + arguments).succeed()
        }

        private func objects(_ arguments: String..., in topology: Topology) throws -> [Explanation] {
            let text = try topology.inside.start([executable, "explain", "--json"] + arguments).succeed()
            return try text.split(separator: "\n").map {
                try JSONDecoder().decode(Explanation.self, from: Data($0.utf8))
            }
        }

        /// The counters that either prints at its end, by name.
        private func counters(_ text: String) -> [String: Int] {
            var counters: [String: Int] = [:]
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ", omittingEmptySubsequences: true)
                guard words.count > 2, let count = Int(words[1].prefix { $0 != ":" }) else { continue }
                counters[String(words[0])] = count
            }
            return counters
        }
    }
}
