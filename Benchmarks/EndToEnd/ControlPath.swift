import Foundation
import InNamespace
import Lab
import Routing
import Traffic
import WireFormats

/// The lab's router with FTP clients or phones before it and a server behind it, both played in XDP.
struct ControlPath {
    let topology: Topology

    /// A path whose router knows its neighbours.
    init() throws {
        topology = try Topology()
        try topology.fixNeighbours()
    }

    /// Has the bare forwarder, beside this program, carry frames between the router's links.
    func forward() throws -> ChildProcess {
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("forwarder").path
        let process = try topology.router.start([program, "lan0", "wan0"])
        try process.wait(for: "ready")
        return process
    }

    /// Both ends: the client on the inside host; the server on the outside host, or (direct) at the other end of the
    /// client's own link.
    func traffic(isDirect: Bool) throws -> ControlTraffic {
        let (inside, router, outside) = (topology.inside, topology.router, topology.outside)
        return try ControlTraffic(
            from: IPv4Address(Topology.insideAddress)!, try inside.station("eth0"),
            to: IPv4Address(topology.outsideAddress)!, via: try router.station("lan0"), client: "eth0",
            server: isDirect ? "lan0" : "eth0", onClient: { try inside.inside($0) },
            onServer: { try (isDirect ? router : outside).inside($0) })
    }

    /// The same for SIP: phones, and their server, which sees the router's address if that is translated.
    func signalling(phones: Int, isDirect: Bool, isTranslated: Bool) throws -> SIPTraffic {
        let (inside, router, outside) = (topology.inside, topology.router, topology.outside)
        let address = IPv4Address(Topology.insideAddress)!
        return try SIPTraffic(
            phones: phones, at: address,
            seenAs: isTranslated ? IPv4Address(Topology.publicAddress)! : address,
            stations: (to: try router.station("lan0"), from: try inside.station("eth0")),
            on: ("eth0", { try inside.inside($0) }),
            server: (isDirect ? "lan0" : "eth0", { try (isDirect ? router : outside).inside($0) }))
    }
}

extension Topology {
    /// Makes the router's neighbours permanent, and lets its links take frames from XDP: so that nothing but its own
    /// work is measured.
    func fixNeighbours() throws {
        for (host, address, link) in [(inside, Topology.insideAddress, "lan0"), (outside, outsideAddress, "wan0")] {
            try router.run(
                "ip", "neigh", "replace", address, "lladdr", "\(try host.station("eth0"))", "dev", link, "nud",
                "permanent")
            // A veth device takes frames from XDP only if it has a program, or GRO.
            try router.run("ethtool", "-K", link, "gro", "on")
        }
    }
}

extension Namespace {
    /// The station address of an interface.
    func station(_ interface: String) throws -> EthernetAddress {
        let address = try inside { try Kernel().interfaces() }.first { $0.name == interface }?.address
        guard let address else { throw LabError("\(interface) of \(name) has no address") }
        return address
    }
}
