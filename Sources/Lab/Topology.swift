// The network of the lab:
//
//     inside ---- lan0 router wan0 ---- [middle ----] outside
//     192.168.1.10    .1     203.0.113.7              203.0.113.20, or 198.51.100.20 behind the middle box (.1)
//
// The router forwards with a default-deny firewall and masquerades what leaves by wan0, as a small office's does.

import Foundation

/// Two hosts and a router between them, as network namespaces.
public final class Topology: Hosts {
    /// A stateful device between router and server, which forgets connections and flows of UDP.
    public struct MiddleBox: Sendable {
        /// Idle seconds after which it drops everything of an established connection or flow.
        public let forgetsAfter: Int
        /// Whether it masquerades, too, and lets nothing in that has not been asked for.
        public let translates: Bool

        public init(forgetsAfter: Int, translates: Bool = false) {
            self.forgetsAfter = forgetsAfter
            self.translates = translates
        }
    }

    /// The inside host's address, which nobody outside may see.
    public static let insideAddress = "192.168.1.10"
    /// The router's address on wan0, which NAT gives to everything.
    public static let publicAddress = "203.0.113.7"
    /// The middle box's address toward the outside host.
    public static let middleAddress = "198.51.100.1"
    /// The half of the ports that is the gateway's; masquerade has the other.
    public static let gatewayPorts = "32768-65535"

    public let sandbox: Sandbox
    public let inside: Namespace
    public let router: Namespace
    public let outside: Namespace
    /// The middle box, where there is one: `near0` leads to the router, `far0` to the outside host.
    public let middle: Namespace?
    /// The outside host's address.
    public let outsideAddress: String

    /// Builds everything; on failure removes what there is.
    ///
    /// - Parameters:
    ///   - queues: queues of each of the router's links.
    ///   - outsideQueues: of the outside one, if that is to have others.
    ///   - translates: whether the router masquerades and keeps strangers out. Without, it only forwards, both ways.
    public init(
        queues: Int = 1, outsideQueues: Int? = nil, middleBox: MiddleBox? = nil, translates: Bool = true
    ) throws {
        sandbox = try Sandbox()
        inside = try sandbox.namespace("inside")
        router = try sandbox.namespace("router")
        outside = try sandbox.namespace("outside")
        middle = middleBox == nil ? nil : try sandbox.namespace("middle")
        outsideAddress = middleBox == nil ? "203.0.113.20" : "198.51.100.20"
        try connectInside(queues: queues)
        if let middleBox, let middle {
            try connectOutside(through: middle, queues: outsideQueues ?? queues)
            try makeForgetful(middle, middleBox)
        } else {
            try connectOutside(queues: outsideQueues ?? queues)
        }
        if translates {
            try becomeRouter()
        } else {
            try router.set("ipv4/ip_forward", to: "1")
            try outside.run("ip", "route", "add", "192.168.1.0/24", "via", Topology.publicAddress)
        }
    }

    /// Ends and removes everything.
    public func remove() {
        sandbox.remove()
    }

    /// Lets the kernel's own helpers serve FTP on port 21 (nf_conntrack_ftp, nf_nat_ftp) and SIP on port 5060
    /// (nf_conntrack_sip, nf_nat_sip).
    public func useKernelHelper() throws {
        try load(
            """
            table ip lab {
                ct helper ftp { type "ftp" protocol tcp; }
                ct helper sip-udp { type "sip" protocol udp; }
                ct helper sip-tcp { type "sip" protocol tcp; }
                chain helpers {
                    type filter hook prerouting priority filter
                    tcp dport 21 ct helper set "ftp"
                    udp dport 5060 ct helper set "sip-udp"
                    tcp dport 5060 ct helper set "sip-tcp"
                }
            }
            """, into: router)
    }

    private func connectInside(queues: Int) throws {
        try Interface.router(router, "lan0", "192.168.1.1/24")
            .connect(to: .host(inside, "eth0", "\(Topology.insideAddress)/24"), queues: queues)
        try inside.run("ip", "route", "add", "default", "via", "192.168.1.1")
    }

    private func connectOutside(queues: Int) throws {
        try Interface.router(router, "wan0", "\(Topology.publicAddress)/24")
            .connect(to: .host(outside, "eth0", "\(outsideAddress)/24"), queues: queues)
    }

    private func connectOutside(through middle: Namespace, queues: Int) throws {
        try Interface.router(router, "wan0", "\(Topology.publicAddress)/24")
            .connect(to: .host(middle, "near0", "203.0.113.1/24"), queues: queues)
        try Interface.host(middle, "far0", "\(Topology.middleAddress)/24")
            .connect(to: .host(outside, "eth0", "\(outsideAddress)/24"), queues: 1)
        try router.run("ip", "route", "add", "default", "via", "203.0.113.1")
        try outside.run("ip", "route", "add", "default", "via", Topology.middleAddress)
        try middle.set("ipv4/ip_forward", to: "1")
    }

    private func makeForgetful(_ middle: Namespace, _ box: MiddleBox) throws {
        try load(
            """
            table ip lab {
                chain forward {
                    type filter hook forward priority filter
                    ct state invalid drop
                    \(box.translates ? "iifname far0 ct state new drop" : "")
                }
                chain postrouting {
                    type nat hook postrouting priority srcnat
                    \(box.translates ? "oifname far0 masquerade" : "")
                }
            }
            """, into: middle)
        // Without the first, a forgotten connection's next packet would begin a new entry.
        try middle.set("netfilter/nf_conntrack_tcp_loose", to: "0")
        try middle.set("netfilter/nf_conntrack_tcp_timeout_established", to: "\(box.forgetsAfter)")
        for kind in ["udp_timeout", "udp_timeout_stream"] {
            try middle.set("netfilter/nf_conntrack_\(kind)", to: "\(box.forgetsAfter)")
        }
    }

    private func becomeRouter() throws {
        try router.set("ipv4/ip_forward", to: "1")
        try router.set("ipv4/ip_local_reserved_ports", to: Topology.gatewayPorts)
        try load(
            """
            table ip lab {
                chain forward {
                    type filter hook forward priority filter; policy drop
                    ct state established,related accept
                    iifname "lan0" accept
                }
                chain postrouting {
                    type nat hook postrouting priority srcnat
                    oifname "wan0" meta l4proto { tcp, udp } masquerade to :1024-32767
                    oifname "wan0" meta l4proto != { tcp, udp } masquerade
                }
            }
            """, into: router)
    }

    private func load(_ rules: String, into namespace: Namespace) throws {
        let file = "\(sandbox.directory)/\(namespace.name).nft"
        try rules.write(toFile: file, atomically: false, encoding: .utf8)
        try namespace.run("nft", "--file", file)
    }
}
