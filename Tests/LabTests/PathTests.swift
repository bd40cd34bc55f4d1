// What happens on the path of a data connection: next hops that are forgotten, links that are narrower, packets whose
// time to live ends at the gateway.

import Testing

@testable import Lab

extension LabTests {
    @Suite("Path", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct PathTests {
        @Test("A transfer goes on while the router forgets its neighbours again and again")
        func forgottenNeighbours() throws {
            let topology = try Topology()
            defer { topology.remove() }
            try transfer(.download(remote: "file", local: "copy"), bytes: 4_000_000, rate: 500_000, in: topology) {
                for _ in 0..<10 {
                    try topology.router.run("ip", "neigh", "flush", "all")
                    // Until the transfer's own packets have made the kernel learn both again.
                    for (link, address) in [("lan0", Topology.insideAddress), ("wan0", topology.outsideAddress)] {
                        try topology.router.run(
                            "timeout", "5", "sh", "-c",
                            "until ip neigh show dev \(link) \(address) | grep -q lladdr; do :; done")
                    }
                }
            } check: { counters in
                #expect(counters["steer_neighbour", default: 0] > 0)
                #expect(counters["flowSent", default: 0] > 0)
                #expect(counters["dropNoNeighbour"] == 0)
            }
        }

        @Test("An upload finds out about a narrow link behind the gateway")
        func narrowBehind() throws {
            let topology = try Topology(middleBox: .init(forgetsAfter: 600))
            defer { topology.remove() }
            let middle = try #require(topology.middle)
            try middle.run("ip", "link", "set", "far0", "mtu", "1200")
            try transfer(.upload(local: "file", remote: "up"), bytes: 1_000_000, in: topology) {
            } check: { counters in
                #expect(counters["forward_icmp", default: 0] > 0)
            }
        }

        @Test("A download finds out about a narrow link at the gateway")
        func narrowHere() throws {
            let topology = try Topology()
            defer { topology.remove() }
            try topology.router.run("ip", "link", "set", "lan0", "mtu", "1200")
            try transfer(.download(remote: "file", local: "copy"), bytes: 1_000_000, in: topology) {
            } check: { counters in
                #expect(counters["steer_big", default: 0] > 0)
                #expect(counters["flowAnswered", default: 0] > 0)
            }
        }

        @Test("A packet whose time to live ends here is answered by the gateway, and the connection lives on")
        func expiring() throws {
            let topology = try Topology()
            defer { topology.remove() }
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology))
            let server = try FTPServer(.vsftpd, in: topology)
            let answer = try topology.inside.run(
                "python3", "-c", PathTests.expiringUpload, topology.outsideAddress, server.user)
            #expect(answer.contains("type 11 code 0 from 192.168.1.1"), "\(answer)")
            #expect(answer.contains("226"), "\(answer)")
            #expect(try gateway.counters()["steer_expiring", default: 0] > 0)
            try gateway.stop()
        }

        /// Uploads, sends one packet with a time to live of 1, and prints the ICMP error that comes back.
        private static let expiringUpload = """
            import ftplib, socket, struct, sys
            errors = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            errors.settimeout(10)
            ftp = ftplib.FTP(sys.argv[1], sys.argv[2], "lab", timeout=20)
            ftp.cwd("/files")
            data = ftp.transfercmd("STOR up")
            data.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
            data.send(b"one")
            packet, sender = errors.recvfrom(2000)
            port, = struct.unpack_from("!H", packet, 48)
            assert port == data.getsockname()[1], "it quotes another packet"
            print("type", packet[20], "code", packet[21], "from", sender[0])
            data.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 64)
            data.close()
            print(ftp.voidresp())
            """

        /// One transfer through the gateway, disturbed, and compared. `rate` is what the server sends a second.
        private func transfer(
            _ transfer: Transfer, bytes: Int, rate: Int = 0, in topology: Topology, _ disturb: () throws -> Void,
            check: ([String: Int]) -> Void
        ) throws {
            let gateway = try #require(try GatewayUnderTest.choice.start(on: topology))
            let server = try FTPServer(.vsftpd, in: topology, rate: rate)
            let here = topology.sandbox.directory
            let (original, copy, placed): (String, String, Transfer) =
                switch transfer {
                case .download(let remote, let local):
                    (
                        "\(server.folder)/\(remote)", "\(here)/\(local)",
                        .download(remote: remote, local: "\(here)/\(local)")
                    )
                case .upload(let local, let remote):
                    (
                        "\(here)/\(local)", "\(server.folder)/\(remote)",
                        .upload(local: "\(here)/\(local)", remote: remote)
                    )
                case .list: fatalError("only files can be compared")
                }
            try makeFile(original, bytes: bytes)
            let client = try FTPClient(.curl, .port).start([placed], with: server, in: topology)
            try disturb()
            let outcome = try client.wait(limit: 60)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try ChildProcess(["cmp", original, copy]).wait().status == 0)
            check(try gateway.counters())
            try gateway.stop()
        }
    }
}
