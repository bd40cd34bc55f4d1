// A bad link: now and then a packet is lost on it, or arrives twice.
//
// Invariants: it works at the host's end of the link, so that the router's end, where the gateway takes packets before
// any rule could see them, is as ever; a capture on the host sees what the router has sent, before anything is lost.

/// One per cent of loss and one of repetition, in each direction of a host's link. It goes when the host goes.
public struct Impairment: Sendable {
    /// What has happened to packets of TCP and UDP so far, both directions together.
    public struct Count: Sendable, Equatable {
        public let lost: Int
        public let repeated: Int
    }

    private let host: Namespace

    /// Begins.
    ///
    /// What arrives is repeated by way of a cable that leads from the host to itself, with the address of the link,
    /// because a rule of arriving packets can send copies of them only.
    public init(on host: Namespace) throws {
        self.host = host
        try host.run("ip", "link", "add", "copies0", "type", "veth", "peer", "name", "copies1")
        try host.run("sh", "-c", "ip link set copies1 address $(cat /sys/class/net/eth0/address)")
        for end in ["copies0", "copies1"] {
            try host.run("ip", "link", "set", end, "up")
            try host.run("ethtool", "-K", end, "tx", "off")
        }
        for name in ["all", "copies1"] { try host.set("ipv4/conf/\(name)/rp_filter", to: "0") }
        func rules(repeating device: String) -> String {
            """
            meta l4proto { tcp, udp } numgen random mod 100 == 0 counter drop
            meta l4proto { tcp, udp } numgen random mod 100 == 0 counter dup to "\(device)"
            """
        }
        try host.run(
            "nft",
            """
            table netdev impairment {
                chain arriving {
                    type filter hook ingress device "eth0" priority 0
                    \(rules(repeating: "copies0"))
                }
                chain leaving {
                    type filter hook egress device "eth0" priority 0
                    \(rules(repeating: "eth0"))
                }
            }
            """)
    }

    /// What the rules have counted.
    public func count() throws -> Count {
        let rules = try host.run("nft", "list", "table", "netdev", "impairment")
        let counts = rules.matches(of: /counter packets (\d+)/).compactMap { Int($0.output.1) }
        guard counts.count == 4 else { throw LabError("nft does not show the counters: \(rules)") }
        return Count(lost: counts[0] + counts[2], repeated: counts[1] + counts[3])
    }
}
