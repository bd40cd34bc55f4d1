import CSteering
import Dataplane
import Routing
import WireFormats
import XDPSockets

/// The cards behind the configured interfaces: what the XDP program is attached to and sockets are bound to. An
/// interface is a card itself, or a VLAN device on one, or one on that.
///
/// Invariant: socket number `firstSocket + n` serves queue `served[n]` of a card, and stands at `firstPlace` plus that
/// queue's number in the program's socket map, in which the places of queues without a socket are empty.
struct Cards {
    /// One card.
    struct Card {
        var index: UInt32
        var name: String
        /// The name of its driver; empty where that is not told.
        var driver: String
        /// The queues that the services' packets are to be brought to, ascending; empty for all.
        var algQueues: [Int]
        /// How many receive queues are in use.
        var queues = 0
        /// How many transmit queues are in use.
        var transmitQueues = 0
        /// The receive queues that have a socket, ascending.
        var served: [Int] = []
        var firstPlace = 0
        var firstSocket = 0

        /// Its driver sends what XDP redirects to it from sockets' queues in that mode.
        ///
        /// virtio-net puts a header of its own before a frame, and drops one that has no room for it, such as each that
        /// comes from a queue in zero-copy mode (`xdp_convert_zc_to_xdp_frame`, `__virtnet_xdp_xmit_one`).
        func takesRedirects(from mode: SocketMode) -> Bool { mode == .copy || driver != "virtio_net" }

        /// The services have queues of their own.
        var isDedicated: Bool { served.count < queues }
        /// How many of its sockets can transmit, the first ones.
        var senders: Int { served.count { $0 < transmitQueues } }
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

    /// Finds the cards of the configured interfaces.
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
            let queues = try algQueues(of: member.card)
            let driver = (try? kernel.driver(of: member.card.name)) ?? ""
            cards.append(
                Card(index: member.card.index, name: member.card.name, driver: driver, algQueues: queues))
        }
    }

    /// Interfaces on one card share its queues.
    private func algQueues(of card: Interface) throws(ControlError) -> [Int] {
        let named = members.filter { $0.card.index == card.index && !$0.configured.algQueues.isEmpty }
        let queues = (named.first?.configured.algQueues ?? []).sorted()
        if let other = named.first(where: { $0.configured.algQueues.sorted() != queues }) {
            throw ControlError(
                "interfaces \(named[0].interface.name) and \(other.interface.name) are on one card, \(card.name), and name "
                    + "different alg-queues; name the same, or none for one of them")
        }
        return queues
    }

    /// Counts the queues that the cards have now.
    mutating func countQueues(_ kernel: Kernel) throws {
        var place = 0
        for position in cards.indices {
            let channels = try kernel.channels(of: cards[position].name)
            cards[position].queues = Int(channels.receive)
            cards[position].transmitQueues = Int(channels.transmit)
            cards[position].firstPlace = place
            place += cards[position].queues
            try checkAlgQueues(cards[position])
        }
        guard place <= Int(STEERING_SOCKETS_MAX.rawValue) else {
            throw ControlError(
                "the interfaces have \(place) queues, and \(STEERING_SOCKETS_MAX.rawValue) is the most; "
                    + "`ethtool -L INTERFACE combined N` sets fewer")
        }
    }

    /// Binding to a queue that is not in use succeeds with some drivers, and leads to nothing but trouble.
    private func checkAlgQueues(_ card: Card) throws(ControlError) {
        if let last = card.algQueues.last, last >= card.queues {
            throw ControlError(
                "alg-queues of \(card.name): there is no queue \(last), since it has \(card.queues), counted from 0; name "
                    + "others, or `ethtool -L \(card.name) combined \(last + 1)` where the card can")
        }
    }

    /// Brings the services to the queues of `alg-queues` where the cards can, and numbers the sockets: on those queues
    /// there, and elsewhere on all. `report` takes a line for the log about each refusal.
    mutating func placeSockets(
        services: [UInt16], _ dedicated: inout DedicatedQueues, in table: some RuleTable, report: (String) -> Void
    ) {
        var socket = 0
        for position in cards.indices {
            let card = cards[position]
            cards[position].served = Array(0..<card.queues)
            if !card.algQueues.isEmpty {
                let sides = Set(members.filter { $0.card.index == card.index }.map(\.configured.side))
                let rules = DedicatedQueues.rules(services: services, queues: card.algQueues, sides: sides)
                do {
                    try dedicated.dedicate(rules, on: card.name, in: table)
                    cards[position].served = card.algQueues
                } catch {
                    report("\(error); the sockets of \(card.name) serve all its queues, without regard to alg-queues")
                }
            }
            cards[position].firstSocket = socket
            socket += cards[position].served.count
        }
    }

    /// The size of frames that the largest packet of any card fits into, tags included.
    func frameSize(_ mode: SocketMode) throws -> Int {
        let largest = members.max { $0.card.mtu < $1.card.mtu }!.card
        guard let size = SocketSettings.frameSize(forPackets: Int(largest.mtu) + 22, mode: mode) else {
            throw ControlError(
                "the MTU of \(largest.name), \(largest.mtu), is too large for AF_XDP frames; "
                    + (mode == .zeroCopy
                        ? "with zero-copy, `ip link set \(largest.name) mtu 3050` is the most"
                        : "`ip link set \(largest.name) mtu 3498` is the most that native XDP takes as well"))
        }
        return size
    }

    /// A binding for every socket, in their order.
    var bindings: [SocketBinding] {
        cards.flatMap { card in card.served.map { SocketBinding(interface: card.name, queue: UInt32($0)) } }
    }

    /// The place of every socket in the program's socket map, in the same order.
    var places: [UInt32] { cards.flatMap { card in card.served.map { UInt32(card.firstPlace + $0) } } }

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
                sockets: card.served.count, senders: card.senders)
            for tag in member.tags { _ = link.add(Link.Tag(type: tag.protocolType, vlan: tag.id)) }
            return link
        }
    }

    /// The names of the interfaces on which the services have queues of their own.
    var dedicated: Set<String> { Set(members.filter { card(of: $0).isDedicated }.map(\.interface.name)) }

    func card(of member: Member) -> Card { cards.first { $0.index == member.card.index }! }
}
