// An interface of a lab's host or router: one end of a virtual cable, a veth pair.

/// One end of a veth pair.
struct Interface: Sendable {
    let namespace: Namespace
    let name: String
    /// With its prefix length.
    let address: String
    private let isHost: Bool

    /// An interface of a host or middle box.
    ///
    /// Its offloads are off: a veth device does not compute the checksums and segments that its features promise, and
    /// an XDP program at the other end would see them missing. GRO is on, because only with it (or a program of its
    /// own) does a veth device take frames that XDP redirects to it (veth.c, veth_xdp_xmit).
    static func host(_ namespace: Namespace, _ name: String, _ address: String) -> Interface {
        Interface(namespace: namespace, name: name, address: address, isHost: true)
    }

    /// An interface of the router, left as the kernel makes it: the gateway has to cope.
    static func router(_ namespace: Namespace, _ name: String, _ address: String) -> Interface {
        Interface(namespace: namespace, name: name, address: address, isHost: false)
    }

    /// Makes the cable, with so many receive and transmit queues at each end, and both ends work.
    func connect(to other: Interface, queues: Int) throws {
        try namespace.run(
            "ip", "link", "add", name, "numrxqueues", "\(queues)", "numtxqueues", "\(queues)", "type", "veth",
            "peer", "name", other.name, "numrxqueues", "\(queues)", "numtxqueues", "\(queues)",
            "netns", other.namespace.name)
        for end in [self, other] {
            try end.namespace.run("ip", "address", "add", end.address, "dev", end.name)
            try end.namespace.run("ip", "link", "set", end.name, "up")
            if end.isHost { try end.namespace.run("ethtool", "-K", end.name, "tx", "off", "gro", "on") }
        }
    }
}
