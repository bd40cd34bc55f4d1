import CSteering
import Foundation
import Steering

/// A router in the namespace of the calling thread, and what the tests' packets meet there.
///
///     client 192.168.1.10 --- in0  [ router ]  out0 --- upstream 203.0.113.1 --- everything else
///                             in0.10             out0.20           the same with one VLAN tag
///                             in0.40.41          out0.30.31        with two, 802.1ad and 802.1Q
///
/// The neighbours' entries are permanent. The far ends of the links say nothing. In the place of VLAN devices, which
/// not every kernel has, there are veth devices: for routing, as for the program, they are interface numbers.
final class Router: Sendable {
    static let insideStation: [UInt8] = [2, 0, 0, 0, 1, 1]
    static let outsideStation: [UInt8] = [2, 0, 0, 0, 2, 1]
    static let tick: UInt32 = 1000
    static let ports: ClosedRange<UInt16> = 32768...65535

    /// Attached everywhere, because the kernel runs tests only on an interface that is in native mode.
    private let holder: SteeringProgram
    private let attachments: [Attachment]

    init() throws {
        try shell(Self.links + Self.routes)
        holder = try SteeringProgram(capacity: .init(flows: 1, pinholes: 1))
        attachments = try holder.attach(to: ["in0", "out0"], modes: [.native])
    }

    static let links = """
        sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0
        ip link add in0 address 02:00:00:00:01:01 type veth peer name in1
        ip link add out0 address 02:00:00:00:02:01 type veth peer name out1
        for link in in0 in1 out0 out1; do ip link set $link up; done
        ip address add 192.168.1.1/24 dev in0; ip address add fd00:1::1/64 dev in0
        ip address add 203.0.113.7/24 dev out0; ip address add fd00:2::1/64 dev out0

        """

    private static let routes = """
        for link in in0.10 in0.40.41; do ip link add $link address 02:00:00:00:01:01 type veth peer name p$link; done
        for link in out0.20 out0.30.31; do ip link add $link address 02:00:00:00:02:01 type veth peer name p$link; done
        for link in in0.10 out0.20 in0.40.41 out0.30.31; do ip link set $link up; ip link set p$link up; done
        ip address add 192.168.10.1/24 dev in0.10; ip address add 203.0.120.1/24 dev out0.20
        ip address add 192.168.40.1/24 dev in0.40.41; ip address add 203.0.130.1/24 dev out0.30.31
        for link in in0:192.168.1.10 in0:fd00:1::10 in0.10:192.168.10.10 in0.40.41:192.168.40.10; do
            ip neighbour add ${link#*:} lladdr 02:00:00:00:01:10 nud permanent dev ${link%%:*}
        done
        for link in out0:203.0.113.1 out0:fd00:2::fe out0.20:203.0.120.99 out0.30.31:203.0.130.99; do
            ip neighbour add ${link#*:} lladdr 02:00:00:00:02:fe nud permanent dev ${link%%:*}
        done
        ip route add default via 203.0.113.1; ip route add default via fd00:2::fe
        ip route add 198.51.100.128/25 via 203.0.113.1 mtu lock 600
        ip route add unreachable 10.99.0.0/16
        ip link add elsewhere type veth peer name elsewhere1; ip link set elsewhere up; ip link set elsewhere1 up
        ip address add 10.98.0.1/24 dev elsewhere
        ip neighbour add 10.98.0.9 lladdr 02:00:00:00:03:09 nud permanent dev elsewhere

        """

    /// A program with empty flow and pinhole tables, configured for this router: FTP and SIP.
    func program(flows: UInt32 = 16, pinholes: UInt32 = 16) throws -> SteeringProgram {
        try reset(
            SteeringProgram(
                capacity: .init(flows: flows, pinholes: pinholes, flows6: flows, pinholes6: pinholes, streams: 8)))
    }

    /// Makes a program what a fresh one is, but for its counters and sockets.
    func reset(_ program: SteeringProgram) throws -> SteeringProgram {
        let maps = program.maps
        for flow in try maps.flows.entries() { maps.flows.remove(flow.key) }
        for flow in try maps.flows6.entries() { maps.flows6.remove(flow.key) }
        for pinhole in try maps.pinholes.entries() { maps.pinholes.remove(pinhole.key) }
        for pinhole in try maps.pinholes6.entries() { maps.pinholes6.remove(pinhole.key) }
        try configureLinks(maps)
        let local = UInt32(STEERING_ADDRESS_LOCAL.rawValue)
        for address in ["192.168.1.1", "192.168.10.1", "fd00:1::1", "fd00:2::1"] {
            try maps.addresses.set(steering_address(address), to: local)
        }
        try maps.addresses.set(steering_address("203.0.113.7"), to: local | STEERING_ADDRESS_PUBLIC.rawValue)
        maps.tables[services: 21] = UInt8(STEERING_SERVICE_TCP4.rawValue | STEERING_SERVICE_TCP6.rawValue)
        maps.tables[services: 5060] = UInt8(STEERING_SERVICE_UDP4.rawValue | STEERING_SERVICE_UDP6.rawValue)
        for port in Self.ports { maps.tables.setBinding(port, false) }
        maps.settings.tick = Self.tick
        maps.settings.ports = Self.ports
        maps.settings.passesWhenDown = false
        maps.settings.mediaDSCP = nil
        maps.settings.mediaRate = nil
        maps.settings.renew()
        return program
    }

    /// The number of the way out by out0 without a tag.
    static let outsideExit: UInt32 = 3

    private func configureLinks(_ maps: SteeringMaps) throws {
        let links =
            Self.links(of: "in0", [[], [10], [40, 41]], STEERING_INSIDE)
            + Self.links(of: "out0", [[], [20], [30, 31]], STEERING_OUTSIDE)
        for (number, (card, vlans, side)) in links.enumerated() {
            let logical = ([card] + vlans.map(String.init)).joined(separator: ".")
            let tags = vlans + [0, 0]
            let protocols: [UInt16] = vlans.count == 2 ? [0x88a8, 0x8100] : vlans.count == 1 ? [0x8100, 0] : [0, 0]
            let mac = side == STEERING_INSIDE ? Self.insideStation : Self.outsideStation
            try maps.setLink(
                steering_link_key(ifindex: index(card), vlan: (tags[0], tags[1])),
                to: steering_link(
                    ifindex: index(logical), first_socket: side == STEERING_INSIDE ? 0 : 1, sockets: 1,
                    mac: (mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]), side: UInt8(side.rawValue), zero: 0))
            try maps.setExit(
                UInt32(number), interface: index(logical), card: index(card),
                exit: steering_exit(
                    protocol: (protocols[0].bigEndian, protocols[1].bigEndian),
                    vlan: (tags[0].bigEndian, tags[1].bigEndian), side: UInt8(side.rawValue), zero: (0, 0, 0)))
        }
    }

    private static func links(
        of card: String, _ vlans: [[UInt16]], _ side: steering_side
    ) -> [(String, [UInt16], steering_side)] {
        vlans.map { (card, $0, side) }
    }
}

/// The kernel's number of an interface of this thread's namespace.
func index(_ interface: String) -> UInt32 { if_nametoindex(interface) }
