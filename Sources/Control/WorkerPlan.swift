import CXDP
import Dataplane
import FlowTables
import Foundation
import Rewriting
import Routing
import Steering
import WireFormats
import XDPSockets

/// Who does what: of the queues of a card that have sockets, worker w of W serves the q-th where q % W is w; it has a
/// slice of the public ports and an even part of the tables' room, and owns the conversations that `Ownership` says.
///
/// Invariant: all workers are made from the same plan, so that they agree about who owns what.
struct WorkerPlan {
    /// How many workers there are.
    let workers: Int
    private let configuration: Configuration
    private let cards: Cards
    private let links: [Link]
    private let seed = sp_random64()
    /// Which inside endpoints stand behind the public UDP endpoints of all workers.
    private let publicEndpoints: PublicEndpoints.Table
    /// Cards of either side that tell how they spread what they receive.
    private let inside: Spreading?
    private let outside: Spreading?

    /// How a card spreads what it receives.
    private struct Spreading {
        var card: String
        var scaling: CardScaling
    }

    /// Decides everything, once the queues of the cards are counted. `report` takes a line for the log.
    /// - Throws: `ControlError` when there are too few queues or ports for the workers that are wanted.
    init(_ configuration: Configuration, _ cards: Cards, _ kernel: Kernel, report: (String) -> Void) throws {
        self.configuration = configuration
        self.cards = cards
        let most = cards.cards.max { $0.served.count < $1.served.count }!
        workers = configuration.gateway.workers ?? most.served.count
        guard workers <= most.served.count else {
            throw ControlError(
                "gateway.workers: \(workers) are more than the queues that any interface has for them, the most being "
                    + "\(most.served.count), of \(most.name); write auto, or `ethtool -L \(most.name) combined \(workers)` "
                    + "where the card can")
        }
        let ports = configuration.nat.ports
        guard ports.count >= Configuration.portsPerWorker * workers else {
            throw ControlError(
                "nat.ports: \(ports.lowerBound)-\(ports.upperBound) is too small for \(workers) workers, each of which "
                    + "needs \(Configuration.portsPerWorker) ports; widen it, or set gateway.workers lower")
        }
        publicEndpoints = PublicEndpoints.Table(configuration.nat.addresses, ports)
        links = try cards.links(try kernel.addresses(), publicAddress: configuration.nat.addresses[0])
        inside = workers > 1 ? try WorkerPlan.scaling(.inside, cards, kernel, report) : nil
        outside = workers > 1 ? try WorkerPlan.scaling(.outside, cards, kernel, report) : nil
    }

    /// How the first card of a side that tells spreads what it receives. Where the services have queues of their own,
    /// their packets are not spread.
    private static func scaling(
        _ side: Side, _ cards: Cards, _ kernel: Kernel, _ report: (String) -> Void
    ) throws -> Spreading? {
        for member in cards.members where member.configured.side == side && !cards.card(of: member).isDedicated {
            switch try kernel.scaling(of: member.card.name) {
            case .told(let scaling): return Spreading(card: member.card.name, scaling: scaling)
            case .untold(let reason):
                report("\(member.card.name): \(reason); packets that arrive on another worker's queue are handed over")
            }
        }
        return nil
    }

    /// The worker of each socket, by the socket's number.
    var owners: [Int] {
        cards.cards.flatMap { card in card.served.indices.map { Ownership.server(of: $0, workers: workers) } }
    }

    /// A worker, with its tables in files of the state directory.
    func worker(
        _ number: Int, _ sockets: consuming SocketGroup, _ maps: SteeringMaps, _ control: WorkerControl, spin: Spin,
        _ directory: StateDirectory
    ) throws -> Worker {
        let files = try Dictionary(
            uniqueKeysWithValues: TableFile.allCases.map { ($0, try directory.make($0.name(number))) })
        defer { for file in files.values { close(file) } }
        var tables = Gateway.Descriptors()
        tables.conversations = files[.conversations]!
        tables.data = files[.data]!
        tables.counters = files[.counters]!
        var reports = Worker.Descriptors()
        reports.sockets = files[.sockets]!
        reports.report = files[.report]!
        var sipTables = SIPGateway.Descriptors()
        sipTables.bindings = files[.bindings]!
        sipTables.registrations = files[.registrations]!
        sipTables.calls = files[.calls]!
        sipTables.legs = files[.legs]!
        sipTables.counters = files[.sipCounters]!
        return try Worker(
            gateway: gateway(number, tables, sip(number, sipTables)), sipPorts: configuration.sip?.ports ?? [],
            sockets: sockets, ownership: ownership(), maps: maps, links: links, control: control, spin: spin,
            descriptors: reports)
    }

    private func gateway(
        _ number: Int, _ files: Gateway.Descriptors, _ sip: consuming SIPGateway
    ) throws -> Gateway {
        let room = Gateway.Capacity(
            conversations: WorkerPlan.part(configuration.gateway.conversations, of: workers),
            data: WorkerPlan.part(configuration.gateway.flows, of: workers))
        let own = zip(cards.bindings, owners).filter { $1 == number && $0.interface == outside?.card }
        return try Gateway(
            room, addresses: configuration.nat.addresses, ports: configuration.nat.ports,
            services: configuration.ftp.ports, settings: Settings(configuration.ftp), seed: 0, now: sp_now(),
            descriptors: files, share: WorkerShare(index: number, of: workers),
            aim: outside.map { try QueueAim(ReceiveScaling($0.scaling), queues: own.map { Int($0.0.queue) }) },
            sipServices: configuration.sip?.portsOfTCP ?? [], sip: sip)
    }

    /// Where SIP is off, its tables have room for nothing.
    private func sip(_ number: Int, _ files: SIPGateway.Descriptors) throws -> SIPGateway {
        let isOn = configuration.sip != nil
        let conversations = isOn ? WorkerPlan.part(configuration.gateway.conversations, of: workers) : 1
        let room = SIPGateway.Capacity(
            bindings: conversations * (configuration.sip?.transports.count ?? 1), registrations: conversations,
            calls: conversations,
            media: isOn ? WorkerPlan.part(configuration.gateway.flows, of: workers) : 1)
        return try SIPGateway(
            room, addresses: configuration.nat.addresses, ports: configuration.nat.ports,
            settings: SIPSettings(configuration.sip ?? Configuration.SIP()), table: publicEndpoints, seed: 0,
            now: sp_now(), descriptors: files, share: WorkerShare(index: number, of: workers))
    }

    private func ownership() throws -> Ownership {
        Ownership(
            workers: workers, ports: configuration.nat.ports, seed: seed,
            scaling: try inside.map { try ReceiveScaling($0.scaling) })
    }

    private static func part(_ room: Int, of workers: Int) -> Int { (room + workers - 1) / workers }
}

extension ReceiveScaling {
    fileprivate init(_ card: CardScaling) throws {
        try self.init(key: card.key, indirection: card.indirection, hashesPorts: card.hashesPorts)
    }
}
