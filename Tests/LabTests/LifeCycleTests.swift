// The gateway's beginning and end, as the router's links see them.

import Glibc
import Testing

@testable import Lab

extension LabTests {
    @Suite("Life cycle", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct LifeCycleTests {
        @Test("SIGTERM and SIGINT end it with 0 and leave the links as they were", arguments: [SIGTERM, SIGINT])
        func stop(signal: Int32) throws {
            let topology = try Topology()
            defer { topology.remove() }
            let before = try links(topology)
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology))
            #expect(try links(topology) != before)
            #expect(try gateway.process.stop(signal: signal).status == 0)
            #expect(try links(topology) == before)
        }

        @Test("SIGKILL leaves nothing attached, and the next one starts")
        func kill() throws {
            let topology = try Topology()
            defer { topology.remove() }
            let before = try links(topology)
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology))
            _ = try gateway.process.stop(signal: SIGKILL)
            #expect(try links(topology) == before)
            try GatewayUnderTest.choice.start(on: topology)?.stop()
        }

        @Test("A second one on the same interfaces is refused by name, and the first goes on")
        func second() throws {
            let topology = try Topology()
            defer { topology.remove() }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology))
            let second = try gateway.startAnother(on: topology).wait()
            #expect(second.status == 1)
            #expect(second.errors.contains("lan0"), "\(second.errors)")
            let server = try FTPServer(.vsftpd, in: topology)
            try makeFile("\(server.folder)/file", bytes: 1000)
            try FTPClient(.curl, .port).run(
                [.download(remote: "file", local: "\(topology.sandbox.directory)/copy")], with: server, in: topology)
            try gateway.stop()
        }

        private func links(_ topology: Topology) throws -> String {
            try topology.router.run("ip", "-details", "link")
        }
    }
}
