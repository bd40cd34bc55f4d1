// Checks of what many queues and many workers need: as many queues on every card, processors, receive-side scaling that
// is known, dedicated queues, huge pages. The gateway works without most of it, and less fast.

import Routing
import XDPSockets

struct QueueChecks {
    let configuration: Configuration
    let machine: Machine

    /// A card below configured interfaces.
    private struct Card {
        let interface: Interface
        let channels: Channels
        let algQueues: [Int]
        /// Whether its driver has rules for queues; without them, `alg-queues` has no effect.
        let hasRules: Bool

        var name: String { interface.name }
        /// How many of its queues get a socket.
        var sockets: Int { algQueues.isEmpty || !hasRules ? Int(channels.receive) : algQueues.count }

        func command(queues: Int) -> String {
            "ethtool -L \(name) " + (channels.areCombined ? "combined \(queues)" : "rx \(queues) tx \(queues)")
        }
    }

    var findings: [Finding] {
        let cards = cards
        guard !cards.isEmpty else { return [] }
        return [queues(cards)] + processors(cards) + cards.compactMap(scaling) + cards.flatMap(dedicated)
            + cards.compactMap(busyPolling) + hugePages(cards)
    }

    /// Each once, in the order of the configuration.
    private var cards: [Card] {
        var cards: [Card] = []
        for wanted in configuration.interfaces {
            guard let interface = machine.interfaces.first(where: { $0.name == wanted.name }) else { continue }
            let card = machine.card(of: interface)
            guard let channels = machine.channels[card.name], !cards.contains(where: { $0.name == card.name }) else {
                continue
            }
            let rules = rules(of: card.name)
            cards.append(
                Card(
                    interface: card, channels: channels, algQueues: wanted.algQueues.sorted(),
                    hasRules: rules?.isActive == true || rules?.isChangeable == true))
        }
        return cards
    }

    /// The feature of a card by which it takes rules for queues, if its driver knows it.
    private func rules(of card: String) -> Feature? { machine.features[card]?.first { $0.name == "rx-ntuple-filter" } }

    /// As the gateway decides it at start.
    private func workers(_ cards: [Card]) -> Int { configuration.gateway.workers ?? cards.map(\.sockets).max()! }

    private func queues(_ cards: [Card]) -> Finding {
        let text = "receive queues: " + cards.map { "\($0.name) \($0.channels.receive)" }.joined(separator: ", ")
        let counts = cards.map { Int($0.channels.receive) }
        let workers = configuration.gateway.workers ?? 0
        if workers > cards.map(\.sockets).max()! {
            let growing = cards.filter { $0.algQueues.isEmpty || !$0.hasRules }
            return .mend(
                "queues", text,
                why: "gateway.workers is \(workers), more than the queues with a socket: the gateway would not start",
                commands: growing.map { $0.command(queues: workers) },
                tuning: growing.isEmpty
                    ? nil : "QUEUES=\(workers) queues \(growing.map(\.name).joined(separator: " "))")
        }
        let fewest = counts.min()!
        let others = cards.filter { $0.channels.receive != fewest }
        if others.isEmpty { return .ok("queues", text) }
        return .note(
            "queues", text,
            why: "a worker serves the same queue of every card, and sends by it; cards alike share alike",
            commands: others.map { $0.command(queues: fewest) },
            tuning: "QUEUES=\(fewest) queues \(others.map(\.name).joined(separator: " "))")
    }

    private func processors(_ cards: [Card]) -> [Finding] {
        guard let processors = machine.processors else { return [] }
        let text = "\(workers(cards)) workers, \(processors) processors"
        if workers(cards) <= processors { return [.ok("processors", text)] }
        return [
            .note(
                "processors", text,
                why:
                    "workers are not pinned then, and wait for each other; set gateway.workers to \(processors) at most"
            )
        ]
    }

    private func scaling(_ card: Card) -> Finding? {
        guard card.channels.receive > 1, let answer = machine.scaling[card.name] else { return nil }
        switch answer {
        case .told(let scaling) where scaling.hashesPorts:
            return .ok("receive-scaling", about: card.name, "the key and table of its receive-side scaling are known")
        case .told:
            return .note(
                "receive-scaling", about: card.name, "it spreads packets by their addresses, without ports",
                why: "all conversations of one client with one server come to one worker, and no choice of port helps",
                commands: ["ethtool -N \(card.name) rx-flow-hash tcp4 sdfn"], tuning: "rss \(card.name)")
        case .untold(let reason):
            return .note(
                "receive-scaling", about: card.name, reason,
                why: "public ports cannot be chosen by queue; workers hand packets over instead, which costs more")
        }
    }

    /// For the queues of `alg-queues`, the card needs rules, and should bring nothing else there.
    private func dedicated(_ card: Card) -> [Finding] {
        guard let first = card.algQueues.first else { return [] }
        guard card.hasRules else {
            return [
                .note(
                    "alg-queues", about: card.name, "its driver has no rules for queues",
                    why: "alg-queues has no effect there: its sockets serve all queues")
            ]
        }
        guard rules(of: card.name)?.isActive == true else {
            return [
                .mend(
                    "alg-queues", about: card.name, "its rules for queues are turned off",
                    why: "they bring the services' packets to the queues of alg-queues",
                    commands: ["ethtool -K \(card.name) ntuple on"])
            ]
        }
        guard case .told(let scaling)? = machine.scaling[card.name],
            scaling.indirection.contains(where: { card.algQueues.contains(Int($0)) })
        else { return [.ok("alg-queues", about: card.name, "rules for queues are on, and no other packets go there")] }
        let areLast = first > 0 && card.algQueues == Array(first..<Int(card.channels.receive))
        return [
            .note(
                "alg-queues", about: card.name, "other packets are spread over the queues of alg-queues, too",
                why: "sockets slow down what XDP does on their queues"
                    + (areLast ? "" : "; name the last queues there, which a table can leave out"),
                commands: areLast ? ["ethtool -X \(card.name) equal \(first)"] : [],
                tuning: areLast ? "QUEUES=\(first) rss \(card.name)" : nil)
        ]
    }

    private func busyPolling(_ card: Card) -> Finding? {
        guard configuration.gateway.busyPollMicroseconds != nil, let count = machine.deferredInterrupts[card.name]
        else {
            return nil
        }
        if count > 0 { return .ok("busy-polling", about: card.name, "its interrupts are held back while it is polled") }
        return .note(
            "busy-polling", about: card.name, "its interrupts are not held back",
            why: "gateway.busy-poll then polls beside the interrupts, instead of without them",
            commands: [
                "echo 2 >/sys/class/net/\(card.name)/napi_defer_hard_irqs",
                "echo 200000 >/sys/class/net/\(card.name)/gro_flush_timeout",
            ], tuning: "busy-polling \(card.name)")
    }

    private func hugePages(_ cards: [Card]) -> [Finding] {
        guard let pages = machine.hugePages, machine.running == nil else { return [] }
        let workers = workers(cards)
        let sockets = cards.map { ($0.sockets + workers - 1) / workers }.reduce(0, +)
        let mtu = cards.map { Int($0.interface.mtu) }.max()!
        let dedicated = configuration.interfaces.filter { !$0.algQueues.isEmpty }.map(\.name)
        let mode = SocketModeChoice(configuration.interfaces, dedicated: Set(dedicated)).mode
        let frameSize = SocketSettings.frameSize(forPackets: mtu + 22, mode: mode) ?? 4096
        let octets = workers * SocketSettings().frameCount(sockets: sockets, workers: workers) * frameSize
        let needed = (octets + (2 << 20) - 1) / (2 << 20)
        if pages.free >= needed {
            return [.ok("huge-pages", "\(pages.free) are free, and packet buffers take \(needed)")]
        }
        let wanted = pages.total - pages.free + needed
        return [
            .note(
                "huge-pages", "\(pages.free) of 2 MiB are free, and packet buffers take \(needed)",
                why: "in small pages every buffer costs the processor a look into the page tables more",
                commands: ["sysctl -w vm.nr_hugepages=\(wanted)"], tuning: "PAGES=\(wanted) huge-pages")
        ]
    }
}
