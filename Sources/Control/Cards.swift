import CSteering
import Dataplane
import Routing
import WireFormats
import XDPSockets

/// The cards behind the configured interfaces: what the XDP program is attached to and sockets are bound to. An
/// interface is a card itself, or a VLAN device on one, or one on that.
///
/// Invariant: socket number `firstSocket + queue` of a card serves that queue, in the worker's group as in the
/// program's socket map.
struct Cards {
    /// One card.
    struct Card {
        var index: UInt32
        var name: String
        var firstSocket: Int
        var queues: Int
        /// How many of them can transmit, the first ones.
        var senders: Int
    }

    /// What is known of a configured interface.
    struct Member {
        var configured: Configuration.Interface
        var interface: Interface
        var card: Interface
        /// The VLAN tags of its frames, the outermost first.
        var tags: [Interface.VLAN]
    }

    let members: [Member]
    private(set) var cards: [Card] = []

    /// Finds the cards of the configured interfaces. Queues are counted later, because attaching may change them.
    init(_ configuration: Configuration, _ kernel: Kernel) throws {
        let interfaces = try kernel.interfaces()
        members = try configuration.interfaces.map { configured in
            guard let interface = interfaces.first(where: { $0.name == configured.name }) else {
                throw ControlError(
                    "interface \(configured.name) does not exist; `ip link` lists those that do, and the configuration "
                        + "names it under `interfaces`")
            }
            guard interface.isUp else {
                throw ControlError("interface \(configured.name) is down; `ip link set \(configured.name) up`")
            }
            var card = interface
            var tags: [Interface.VLAN] = []
            while let vlan = card.vlan, let lower = interfaces.first(where: { $0.index == vlan.lower }) {
                tags.insert(vlan, at: 0)
                card = lower
            }
            guard tags.count <= Int(STEERING_TAGS_MAX.rawValue) else {
                throw ControlError("interface \(configured.name) has more than two VLAN tags, which is not supported")
            }
            return Member(configured: configured, interface: interface, card: card, tags: tags)
        }
        for member in members where !cards.contains(where: { $0.index == member.card.index }) {
            cards.append(Card(index: member.card.index, name: member.card.name, firstSocket: 0, queues: 0, senders: 0))
        }
    }

    /// Counts the queues that the cards have now, and numbers the sockets.
    mutating func countQueues(_ kernel: Kernel) throws {
        var socket = 0
        for position in cards.indices {
            cards[position].firstSocket = socket
            let channels = try kernel.channels(of: cards[position].name)
            cards[position].queues = Int(channels.receive)
            cards[position].senders = Int(min(channels.receive, channels.transmit))
            socket += cards[position].queues
        }
        guard socket <= Int(STEERING_SOCKETS_MAX.rawValue) else {
            throw ControlError(
                "the interfaces have \(socket) queues, and \(STEERING_SOCKETS_MAX.rawValue) is the most; "
                    + "`ethtool -L INTERFACE combined N` sets fewer")
        }
    }

    /// The size of frames that the largest packet of any card fits into, tags included.
    var frameSize: Int {
        get throws {
            let largest = members.max { $0.card.mtu < $1.card.mtu }!.card
            guard let size = SocketSettings.frameSize(forPackets: Int(largest.mtu) + 22) else {
                throw ControlError(
                    "the MTU of \(largest.name), \(largest.mtu), is too large for AF_XDP frames; "
                        + "`ip link set \(largest.name) mtu 3498` is the most that native XDP takes as well")
            }
            return size
        }
    }

    /// A binding for every queue, in the order of the sockets.
    var bindings: [SocketBinding] {
        cards.flatMap { card in
            (0..<card.queues).map { SocketBinding(interface: card.name, queue: UInt32($0)) }
        }
    }

    /// The links for the workers.
    func links(_ addresses: [LocalAddress], publicAddress: IPv4Address) throws -> [Link] {
        try members.map { member in
            let card = card(of: member)
            guard let station = member.interface.address else {
                throw ControlError("interface \(member.interface.name) is no Ethernet interface")
            }
            let own = addresses.first { $0.interface == member.interface.index && $0.ipv4 != nil }?.ipv4
            var link = Link(
                interface: member.interface.index, side: member.configured.side, station: station.value,
                mtu: Int(member.interface.mtu), address: own ?? publicAddress, firstSocket: card.firstSocket,
                sockets: card.queues, senders: card.senders)
            for tag in member.tags { _ = link.add(Link.Tag(type: tag.protocolType, vlan: tag.id)) }
            return link
        }
    }

    func card(of member: Member) -> Card { cards.first { $0.index == member.card.index }! }
}
