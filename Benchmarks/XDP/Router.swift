import CSteering
import Foundation
import InNamespace
import Lab
import Steering
import WireFormats

/// A router in a namespace of its own, for test-runs on its interfaces:
///
///     clients 10.0.0.0/8 --- in0  [ router ]  out0 --- 203.0.113.1 --- everything else
///                            in0.10           out0.20 --- 203.0.120.1    both with a VLAN tag
///
/// The far ends of the links say nothing, and the neighbours are permanent. In the place of VLAN devices, which not
/// every kernel has, there are veth devices: for routing, as for the program, they are interface numbers.
final class Router {
    static let station: [UInt8] = [2, 0, 0, 0, 1, 1]
    static let publicAddress = IPv4Address(203, 0, 113, 7)
    static let (insideVLAN, outsideVLAN): (UInt16, UInt16) = (10, 20)
    static let tick: UInt32 = 1000

    let sandbox: Sandbox
    let namespace: Namespace
    private let holder: SteeringProgram
    private let attachments: [Attachment]

    init() throws {
        sandbox = try Sandbox()
        namespace = try sandbox.namespace("router")
        try namespace.run("sh", "-ec", Router.links)
        holder = try SteeringProgram(capacity: .init(flows: 1, pinholes: 1))
        // The kernel runs tests only on an interface that has a program in native mode.
        attachments = try namespace.inside { [holder] in try holder.attach(to: ["in0", "out0"], modes: [.native]) }
    }

    private static let links = """
        sysctl -qw net.ipv4.ip_forward=1
        for link in in0 in0.10 out0 out0.20; do
            ip link add $link address 02:00:00:00:01:01 type veth peer name far-$link
            ip link set $link up; ip link set far-$link up
        done
        ip address add 10.255.255.254/8 dev in0
        ip address add 203.0.113.7/24 dev out0; ip address add 203.0.120.7/24 dev out0.20
        ip neighbour add 203.0.113.1 lladdr 02:00:00:00:02:fe nud permanent dev out0
        ip neighbour add 203.0.120.1 lladdr 02:00:00:00:02:fd nud permanent dev out0.20
        ip route add default via 203.0.113.1
        """

    /// A program with empty tables, configured for this router and for FTP; `socket` takes what it steers.
    func program(flows: Int, pinholes: Int = 1, socket: Int32) throws -> SteeringProgram {
        let program = try SteeringProgram(capacity: .init(flows: UInt32(flows), pinholes: UInt32(pinholes)))
        let maps = program.maps
        try setLink(maps, 0, card: "in0", nil, STEERING_INSIDE)
        try setLink(maps, 1, card: "in0", Router.insideVLAN, STEERING_INSIDE)
        try setLink(maps, 2, card: "out0", nil, STEERING_OUTSIDE)
        try setLink(maps, 3, card: "out0", Router.outsideVLAN, STEERING_OUTSIDE)
        var own = steering_address()
        own.word.0 = Router.publicAddress.bigEndian
        try maps.addresses.set(own, to: STEERING_ADDRESS_LOCAL.rawValue | STEERING_ADDRESS_PUBLIC.rawValue)
        maps.tables[services: 21] = UInt8(STEERING_SERVICE_TCP4.rawValue | STEERING_SERVICE_TCP6.rawValue)
        maps.settings.tick = Router.tick
        maps.settings.ports = 32768...65535
        maps.settings.renew()
        for side in 0...1 { try maps.sockets.set(UInt32(side), to: socket) }
        return program
    }

    private func setLink(
        _ maps: SteeringMaps, _ number: UInt32, card: String, _ vlan: UInt16?, _ side: steering_side
    ) throws {
        let interface = if_nametoindex(vlan.map { "\(card).\($0)" } ?? card)
        let mac = Router.station
        try maps.setLink(
            steering_link_key(ifindex: if_nametoindex(card), vlan: (vlan ?? 0, 0)),
            to: steering_link(
                ifindex: interface, first_socket: side.rawValue, sockets: 1,
                mac: (mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]), side: UInt8(side.rawValue), zero: 0))
        try maps.setExit(
            number, interface: interface, card: if_nametoindex(card),
            exit: steering_exit(
                protocol: (vlan == nil ? 0 : UInt16(0x8100).bigEndian, 0), vlan: ((vlan ?? 0).bigEndian, 0),
                side: UInt8(side.rawValue), zero: (0, 0, 0)))
    }
}
