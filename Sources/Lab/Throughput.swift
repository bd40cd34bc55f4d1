// How fast a file comes through the gateway's XDP path, beside the kernel's own forwarding.
//
// Both on the same links, one after the other in turns. The kernel's forwarding (routing, netfilter, masquerade) runs
// under an XDP program that passes everything, because a veth device is slower with a program than without, whatever
// the program does.

import Foundation

/// A comparison of the two paths.
public struct Throughput: Sendable {
    /// Bytes a second of every transfer, in the order in which they were made.
    public let gateway: [Double]
    public let kernel: [Double]
    /// Packets that the gateway's last run handed to its worker, and that it forwarded in XDP.
    public let steered: Int
    public let forwarded: Int

    /// Makes so many pairs of transfers of one file; `report` hears of each.
    ///
    /// - Parameter executable: the path of `sallyport`.
    public static func measure(
        _ executable: String, pairs: Int, bytes: Int, report: (String) -> Void = { _ in }
    ) throws -> Throughput {
        let topology = try Topology()
        defer { topology.remove() }
        let server = try FTPServer(.vsftpd, in: topology)
        try ChildProcess(["sh", "-c", "head -c \(bytes) /dev/urandom >'\(server.folder)/file'"]).succeed()
        try topology.outside.run("chmod", "644", "\(server.folder)/file")
        let pass = try passProgram(in: topology)

        var gateway: [Double] = []
        var kernel: [Double] = []
        var counters: [String: Int] = [:]
        for pair in 1...pairs {
            let running = try Gateway.sallyport(executable).start(on: topology)
            gateway.append(try speed(server, topology))
            counters = try running?.counters() ?? [:]
            try running?.stop()

            try setProgram(["object", pass, "section", "xdp"], topology)
            kernel.append(try speed(server, topology))
            try setProgram(["off"], topology)
            report("pair \(pair): gateway \(megabytes(gateway[pair - 1])), kernel \(megabytes(kernel[pair - 1])) MB/s")
        }
        func sum(_ prefix: String) -> Int { counters.filter { $0.key.hasPrefix(prefix) }.values.reduce(0, +) }
        return Throughput(gateway: gateway, kernel: kernel, steered: sum("steer_"), forwarded: sum("forward_"))
    }

    /// The median of the pairs' ratios, gateway to kernel: a pair's two transfers had the same neighbours.
    public var ratio: Double {
        Throughput.median(zip(gateway, kernel).map { $0 / $1 })
    }

    /// Medians, spread and ratio, for people.
    public var summary: String {
        """
        gateway  median \(Throughput.spread(gateway))
        kernel   median \(Throughput.spread(kernel))
        ratio    \(String(format: "%.2f", ratio)) (median of \(gateway.count) pairs)
        packets  \(forwarded) forwarded by XDP, \(steered) seen by the worker
        """
    }

    private static func speed(_ server: FTPServer, _ topology: Topology) throws -> Double {
        let outcome = try FTPClient(.curl, .extendedPassive).start(
            [.download(remote: "file", local: "/dev/null")], with: server, in: topology,
            options: ["--write-out", "%{speed_download}"]
        ).wait(limit: 120)
        guard outcome.status == 0, let speed = Double(outcome.output) else { throw LabError("curl: \(outcome.errors)") }
        return speed
    }

    private static func setProgram(_ program: [String], _ topology: Topology) throws {
        for link in ["lan0", "wan0"] {
            try topology.router.start(["ip", "link", "set", link, "xdpdrv"] + program).succeed()
        }
    }

    private static func passProgram(in topology: Topology) throws -> String {
        let (source, object) = ("\(topology.sandbox.directory)/pass.c", "\(topology.sandbox.directory)/pass.o")
        try """
        __attribute__((section("xdp"), used)) int pass(void *context) { return 2; /* XDP_PASS */ }
        """.write(toFile: source, atomically: false, encoding: .utf8)
        try topology.router.run("clang", "-target", "bpf", "-O2", "-c", source, "-o", object)
        return object
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    private static func spread(_ speeds: [Double]) -> String {
        "\(megabytes(median(speeds))) MB/s, from \(megabytes(speeds.min() ?? 0)) to \(megabytes(speeds.max() ?? 0))"
    }

    private static func megabytes(_ speed: Double) -> String { String(format: "%.0f", speed / 1e6) }
}
