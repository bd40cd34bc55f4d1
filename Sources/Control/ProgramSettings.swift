import CSteering
import Dataplane
import Routing
import Steering
import WireFormats
import XDPSockets

/// Fills the maps of the XDP program from the configuration and the kernel's tables. The links come last: while there
/// are none, every packet passes.
struct ProgramSettings {
    let maps: SteeringMaps
    let configuration: Configuration

    /// Everything but links.
    func prepare() throws {
        maps.settings.ports = configuration.nat.ports
        maps.settings.passesWhenDown = configuration.gateway.whenDown == .pass
        for port in configuration.ftp.ports {
            maps.tables[services: port] = UInt8(STEERING_SERVICE_TCP4.rawValue)
        }
        set(configuration.sip)
        guard let sip = configuration.sip else { return }
        for port in sip.ports {
            if sip.transports.contains(.udp) { maps.tables[services: port] |= UInt8(STEERING_SERVICE_UDP4.rawValue) }
            if sip.transports.contains(.tcp) { maps.tables[services: port] |= UInt8(STEERING_SERVICE_TCP4.rawValue) }
        }
    }

    /// What becomes of media, also while the program is at work.
    func set(_ sip: Configuration.SIP?) {
        maps.settings.mediaDSCP = sip?.mediaDSCP.map(UInt8.init)
        maps.settings.mediaRate = sip?.mediaKilobits.map { UInt64($0) * 1000 }
    }

    /// The router's own addresses, which the program leaves to the kernel, and the public ones among them; addresses
    /// that have gone are forgotten.
    func setAddresses(_ addresses: [LocalAddress]) throws {
        var wanted: [(key: steering_address, use: UInt32)] = []
        for address in addresses {
            wanted.append((steering_address(address), UInt32(STEERING_ADDRESS_LOCAL.rawValue)))
        }
        for address in configuration.nat.addresses {
            let use = STEERING_ADDRESS_LOCAL.rawValue | STEERING_ADDRESS_PUBLIC.rawValue
            wanted.removeAll { $0.key.word.0 == address.bigEndian && $0.key.word.1 == 0 }
            wanted.append((steering_address(address), UInt32(use)))
        }
        for (key, _) in try maps.addresses.entries() where !wanted.contains(where: { $0.key.word == key.word }) {
            maps.addresses.remove(key)
        }
        for (key, use) in wanted { try maps.addresses.set(key, to: use) }
        maps.settings.renew()
    }

    /// The ways out, with the cards to send by, and at last the ways in.
    func setLinks(_ cards: Cards, _ mode: SocketMode) throws {
        for (number, member) in cards.members.enumerated() {
            var exit = steering_exit()
            exit.side = member.configured.side.rawValue
            if let tag = member.tags.first {
                exit.protocol.0 = tag.protocolType.bigEndian
                exit.vlan.0 = tag.id.bigEndian
            }
            if member.tags.count > 1 {
                exit.protocol.1 = member.tags[1].protocolType.bigEndian
                exit.vlan.1 = member.tags[1].id.bigEndian
            }
            let takes = cards.card(of: member).takesRedirects(from: mode)
            try maps.setExit(
                UInt32(number), interface: member.interface.index, card: takes ? member.card.index : nil, exit: exit)
        }
        for member in cards.members { try setLink(member, cards.card(of: member)) }
    }

    private func setLink(_ member: Cards.Member, _ card: Cards.Card) throws {
        var key = steering_link_key()
        key.ifindex = member.card.index
        key.vlan.0 = member.tags.first?.id ?? 0
        key.vlan.1 = member.tags.count > 1 ? member.tags[1].id : 0
        var link = steering_link()
        link.ifindex = member.interface.index
        link.first_socket = UInt32(card.firstPlace)
        link.sockets = UInt32(card.queues)
        link.side = member.configured.side.rawValue
        if let station = member.interface.address {
            link.mac = (
                station.octet(0), station.octet(1), station.octet(2), station.octet(3), station.octet(4),
                station.octet(5)
            )
        }
        try maps.setLink(key, to: link)
    }
}

extension steering_address {
    /// An address of either family as it stands in a map.
    init(_ address: LocalAddress) {
        self.init()
        withUnsafeMutableBytes(of: &word) { $0.copyBytes(from: address.octets) }
    }
}
