// A long transfer, whose control connection is idle, through a middle box that forgets idle connections. In real life:
// ten minutes, 60 seconds, and a keep-alive every 50; here in the same order, and a fraction of it.

import Testing

@testable import Lab

extension LabTests {
    @Suite("Idle control connections")
    struct IdleControlTests {
        private static let transferSeconds = 20
        private static let forgetfulness = 3
        private static let keepalive = 1

        @Test("With keep-alives, the transfer ends with 226", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
        func kept() throws {
            let outcome = try transfer(through: GatewayUnderTest.choice)
            #expect(outcome.status == 0)
            #expect(outcome.errors.contains("< 226"), "\(outcome.errors)")
        }

        @Test("Without, the 226 is lost: the middle box does forget")
        func forgotten() throws {
            let outcome = try transfer(through: .kernelHelper)
            #expect(outcome.status != 0)
            #expect(!outcome.errors.contains("< 226"), "\(outcome.errors)")
        }

        /// The server sends so slowly that the file takes its time. The client's own keep-alives are off.
        private func transfer(through gateway: Gateway) throws -> ChildProcess.Outcome {
            let topology = try Topology(middleBox: .init(forgetsAfter: Self.forgetfulness))
            defer { topology.remove() }
            let running = try gateway.start(on: topology, keepalive: Self.keepalive)
            let rate = 100_000
            let server = try FTPServer(.vsftpd, in: topology, rate: rate)
            try makeFile("\(server.folder)/slow", bytes: rate * Self.transferSeconds)
            let outcome = try FTPClient(.curl, .port).start(
                [.download(remote: "slow", local: "\(topology.sandbox.directory)/copy")], with: server, in: topology,
                options: ["--verbose", "--no-keepalive", "--max-time", "\(Self.transferSeconds * 3 / 2)"]
            ).wait()
            try running?.stop()
            return outcome
        }
    }
}
