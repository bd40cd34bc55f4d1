import Foundation
import Lab

/// What the figures were measured under, as their context.
enum Circumstances {
    /// Of the gateway and the router's links, while it runs.
    static func of(_ gateway: GatewayProcess, on topology: Topology) throws -> [String: String] {
        let state = try gateway.state()
        let modes = Set(state.interfaces.map(\.attachMode))
        let sockets = Set(state.interfaces.flatMap(\.bindModes))
        return [
            "links": "veth, \(state.interfaces.first?.bindModes.count ?? 0) queue(s) each",
            "XDP mode": modes.sorted().joined(separator: ", "),
            "socket mode": sockets.sorted().joined(separator: ", "),
            "rings": "2048 entries",
            "router's offloads": try offloads(of: "wan0", in: topology.router),
            "hosts' offloads": try offloads(of: "eth0", in: topology.inside),
        ]
    }

    /// The offloads that are on, of those that change how packets look.
    private static func offloads(of link: String, in namespace: Namespace) throws -> String {
        let known = [
            "rx-checksumming", "tx-checksumming", "tcp-segmentation-offload", "generic-segmentation-offload",
            "generic-receive-offload",
        ]
        let lines = try namespace.run("ethtool", "-k", link).split(separator: "\n")
        let on = known.filter { name in lines.contains { $0.hasPrefix("\(name): on") } }
        return on.isEmpty ? "none" : on.joined(separator: ", ")
    }
}
