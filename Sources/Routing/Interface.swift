import CXDP

/// An interface of the router, as `ip -details link` shows it.
public struct Interface: Equatable, Sendable {
    /// The kernel's number of it, 1 or above.
    public let index: UInt32
    /// Its name, 1 to 15 bytes.
    public let name: String
    /// Its station address; nil where it has none of six octets (tunnels).
    public let address: EthernetAddress?
    /// The largest IP packet it carries, in bytes.
    public let mtu: UInt32
    /// Set up by the operator (IFF_UP). Whether there is a carrier is another matter.
    public let isUp: Bool
    /// There is a carrier (IFF_LOWER_UP).
    public let hasCarrier: Bool
    /// The kind of a virtual interface, such as `veth`, `vlan`, `bridge`; nil for a card.
    public let kind: String?
    /// For a VLAN device, which VLAN of which interface it is.
    public let vlan: VLAN?
    /// Receive queues that the driver allocated; `Kernel.channels` says how many are in use.
    public let receiveQueues: UInt32
    /// Transmit queues that the driver allocated.
    public let transmitQueues: UInt32
    /// The XDP program on it; nil when there is none.
    public let xdp: XDP?

    /// A VLAN device's place (IEEE 802.1Q).
    public struct VLAN: Equatable, Sendable {
        /// 0 to 4094.
        public let id: UInt16
        /// The tag's EtherType in host byte order: 0x8100 or 0x88a8.
        public let protocolType: UInt16
        /// The index of the interface whose frames carry the tag.
        public let lower: UInt32
    }

    /// An attached XDP program.
    public struct XDP: Equatable, Sendable {
        /// The program's number, as `bpftool prog` shows it.
        public let program: UInt32
        /// Where it runs (if_link.h, XDP_ATTACHED_*).
        public let mode: Mode

        /// Where an XDP program runs.
        public enum Mode: UInt8, Sendable {
            /// In the driver.
            case native = 1
            /// In the network stack, on socket buffers.
            case generic = 2
            /// On the card.
            case offloaded = 3
            /// At more than one of these places.
            case multiple = 4
        }
    }
}

extension Kernel {
    /// All interfaces of the socket's network namespace.
    /// - Throws: `RoutingError` when the kernel cannot be asked.
    public func interfaces() throws(RoutingError) -> [Interface] {
        try dump("cannot list the interfaces", type: RTM_GETLINK, body: ifinfomsg()) {
            $0.put(IFLA_EXT_MASK, UInt32(RTEXT_FILTER_SKIP_STATS))
        } entry: {
            Interface($0)
        }
    }
}

extension Interface {
    /// Nil where the message is not about an interface.
    init?(_ message: Message) {
        let body = message.body(as: ifinfomsg.self)
        var name: String?
        var address: EthernetAddress?
        var mtu: UInt32 = 0
        var lower: UInt32 = 0
        var information: Attributes?
        var queues: (receive: UInt32, transmit: UInt32) = (1, 1)
        var xdp: XDP?
        for attribute in message.attributes(after: ifinfomsg.self) {
            switch attribute.type {
            case IFLA_IFNAME: name = attribute.string
            case IFLA_ADDRESS: address = EthernetAddress(attribute.octets)
            case IFLA_MTU: mtu = attribute.uint32
            case IFLA_LINK: lower = attribute.uint32
            case IFLA_LINKINFO: information = attribute.nested
            case IFLA_NUM_RX_QUEUES: queues.receive = attribute.uint32
            case IFLA_NUM_TX_QUEUES: queues.transmit = attribute.uint32
            case IFLA_XDP: xdp = XDP(attribute.nested)
            default: break
            }
        }
        guard message.type == RTM_NEWLINK, let name else { return nil }
        let kind = information?.first { $0.type == IFLA_INFO_KIND }?.string
        self.init(
            index: UInt32(bitPattern: body.ifi_index), name: name, address: address, mtu: mtu,
            isUp: body.ifi_flags & UInt32(IFF_UP) != 0, hasCarrier: body.ifi_flags & lowerUp != 0, kind: kind,
            vlan: kind == "vlan" ? information.flatMap { VLAN($0, lower: lower) } : nil,
            receiveQueues: queues.receive, transmitQueues: queues.transmit, xdp: xdp)
    }
}

/// IFF_LOWER_UP of linux/if.h, which cannot be included beside the C library's net/if.h.
private let lowerUp: UInt32 = 1 << 16

extension Interface.VLAN {
    fileprivate init?(_ information: Attributes, lower: UInt32) {
        var id: UInt16?
        var protocolType = UInt16(ETH_P_8021Q)
        for attribute in information.first(where: { $0.type == IFLA_INFO_DATA })?.nested ?? information {
            switch attribute.type {
            case IFLA_VLAN_ID: id = attribute.uint16
            case IFLA_VLAN_PROTOCOL: protocolType = UInt16(bigEndian: attribute.uint16)
            default: break
            }
        }
        guard let id else { return nil }
        self.init(id: id, protocolType: protocolType, lower: lower)
    }
}

extension Interface.XDP {
    fileprivate init?(_ attributes: Attributes) {
        var program: UInt32 = 0
        var mode: Mode?
        for attribute in attributes {
            switch attribute.type {
            case IFLA_XDP_ATTACHED: mode = Mode(rawValue: attribute.uint8)
            case IFLA_XDP_PROG_ID: program = attribute.uint32
            default: break
            }
        }
        guard let mode else { return nil }
        self.init(program: program, mode: mode)
    }
}
