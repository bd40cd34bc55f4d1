import CXDP
import WireFormats

/// One address of the router.
public struct LocalAddress: Hashable, Sendable {
    /// The index of the interface that has it.
    public let interface: UInt32
    /// Its 4 or 16 octets, in the order of the wire.
    public let octets: [UInt8]
    /// The length of its network's prefix in bits.
    public let prefixLength: UInt8

    /// The address, when it is an IPv4 one.
    public var ipv4: IPv4Address? {
        octets.count == 4 ? IPv4Address(octets[0], octets[1], octets[2], octets[3]) : nil
    }
}

extension Kernel {
    /// All IPv4 and IPv6 addresses of the router.
    /// - Throws: `RoutingError` when the kernel cannot be asked.
    public func addresses() throws(RoutingError) -> [LocalAddress] {
        try dump("cannot list the addresses", type: RTM_GETADDR, body: ifaddrmsg()) { LocalAddress($0) }
    }
}

extension LocalAddress {
    fileprivate init?(_ message: Message) {
        let body = message.body(as: ifaddrmsg.self)
        let family = Int32(body.ifa_family)
        guard message.type == RTM_NEWADDR, family == AF_INET || family == AF_INET6 else { return nil }
        // On a point-to-point link IFA_ADDRESS is the other end, and IFA_LOCAL ours (if_addr.h).
        let attributes = Array(message.attributes(after: ifaddrmsg.self))
        let address = attributes.first { $0.type == IFA_LOCAL } ?? attributes.first { $0.type == IFA_ADDRESS }
        guard let address else { return nil }
        self.init(interface: body.ifa_index, octets: Array(address.octets), prefixLength: body.ifa_prefixlen)
    }
}
