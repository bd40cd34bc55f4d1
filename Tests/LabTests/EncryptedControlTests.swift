// AUTH TLS and CCC (RFC 4217): what the gateway cannot read it must not harm, and what it can read again it serves.

import Testing

@testable import Lab

extension LabTests {
    @Suite("Encrypted control connections")
    struct EncryptedControlTests {
        @Test("A transfer over TLS from beginning to end works, passive")
        func encrypted() throws {
            try transfer(.extendedPassive, options: ["--ssl-reqd", "--insecure"])
        }

        @Test("After CCC the commands are readable again, and active transfers work")
        func clearAgain() throws {
            try transfer(.port, options: ["--ftp-ssl-control", "--insecure", "--ftp-ssl-ccc"])
        }

        private func transfer(_ mode: TransferMode, options: [String]) throws {
            let topology = try Topology()
            defer { topology.remove() }
            let running = try GatewayUnderTest.choice.start(on: topology)
            let certificate = "\(topology.sandbox.directory)/certificate.pem"
            try topology.outside.run(
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=lab", "-days", "1",
                "-keyout", certificate, "-out", "\(certificate).public")
            try topology.outside.run("sh", "-c", "cat '\(certificate).public' >>'\(certificate)'")
            let server = try FTPServer(.proftpd, in: topology, certificate: certificate)
            let original = "\(server.folder)/secret"
            let copy = "\(topology.sandbox.directory)/copy"
            try makeFile(original, bytes: 1_000_000)
            let outcome = try FTPClient(.curl, mode).start(
                [.download(remote: "secret", local: copy)], with: server, in: topology,
                options: ["--verbose", "--max-time", "20"] + options
            ).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try ChildProcess(["cmp", original, copy]).wait().status == 0)
            try running?.stop()
        }
    }
}
