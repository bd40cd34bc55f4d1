import ArgumentParser
import Control
import Foundation

/// `sallyport status`
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what the running gateway is, and how much it is doing.",
        discussion: "Needs root, to read the maps of the XDP program.")

    @OptionGroup var options: QueryOptions

    func run() throws {
        let status = try options.snapshot().status()
        try options.print(status, orLines: lines(status))
    }

    private func lines(_ status: Snapshot.Status) -> [String] {
        let gateway = status.gateway
        let places = [
            ("forward", "data packets sent by XDP"), ("steer", "packets given to the worker"),
            ("pass", "packets left to the kernel"), ("drop", "packets dropped"),
        ]
        return ["sallyport \(gateway.version), pid \(gateway.pid), since \(gateway.started), \(gateway.configuration)"]
            + gateway.interfaces.map {
                "\($0.name): \($0.side), XDP \($0.attachMode), sockets \($0.bindModes.joined(separator: " "))"
            }
            + gateway.workers.enumerated().map { number, worker in
                let place = worker.processor.map { "on processor \($0)" } ?? "on any processor"
                return "worker \(number): \(place), \(worker.sockets.joined(separator: " "))"
            } + [
                "conversations: \(status.conversations[0]) of \(status.conversations[1])",
                "data connections: \(status.dataConnections[0]) open, \(status.dataConnections[1]) pinholes, of "
                    + "\(status.dataConnections[2])",
            ] + places.map { "\($0.1): \(status.packets[$0.0] ?? 0)" } + [
                "packets lost at sockets: \(status.lostAtSockets)",
                "packets handed over: \(status.handedOver["toOwners"] ?? 0) to the worker that owns their conversation, "
                    + "\(status.handedOver["toSenders"] ?? 0) to one that can send them, "
                    + "\(status.handedOver["lost"] ?? 0) lost",
                "frames: "
                    + ["free", "filling", "held", "transmitting", "between workers"].map {
                        "\(status.frames[$0] ?? 0) \($0)"
                    }
                    .joined(separator: ", "),
            ]
    }
}

/// `sallyport flows`
struct Flows: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List control conversations and their data connections.",
        discussion: "Packets and bytes are those from inside and from outside, through XDP. Needs root.")

    @OptionGroup var options: QueryOptions

    func run() throws {
        let flows = try options.snapshot().flows()
        try options.print(
            flows,
            orLines: columns(
                ["CONVERSATION", "KIND", "PHASE", "INSIDE", "PUBLIC", "OUTSIDE", "PACKETS", "BYTES", "IDLE"],
                flows.map {
                    [
                        "\($0.conversation)", $0.kind, $0.phase, $0.inside, $0.translated, $0.outside, pair($0.packets),
                        pair($0.bytes), "\($0.idleSeconds) s",
                    ]
                }))
    }

    private func pair(_ numbers: [UInt64]?) -> String { numbers.map { "\($0[0]) / \($0[1])" } ?? "-" }
}

/// `sallyport pinholes`
struct Pinholes: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List data connections that were announced and wait for their first packet.",
        discussion: "Each opens once, for the named peer only, and shuts by itself. Needs root.")

    @OptionGroup var options: QueryOptions

    func run() throws {
        let pinholes = try options.snapshot().pinholes()
        try options.print(
            pinholes,
            orLines: columns(
                ["CONVERSATION", "PHASE", "OPENED FROM", "BY", "TO", "LEFT"],
                pinholes.map {
                    [
                        "\($0.conversation)", $0.phase, $0.opener, $0.from, $0.to,
                        $0.secondsLeft.map { "\($0) s" } ?? "-",
                    ]
                }))
    }
}

/// `sallyport calls`
struct Calls: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List calls, with what XDP sees of their media.",
        discussion: """
            Below each call stand its media: what the inside sends, and what it gets. LOST, TWICE and LATE are packets of \
            RTP; QUALITY is an estimate from 1 to 4.5 by loss and jitter (ITU-T G.107). Needs root.
            """)

    @OptionGroup var options: QueryOptions

    func run() throws {
        let calls = try options.snapshot().calls()
        try options.print(
            calls,
            orLines: columns(
                [
                    "CALL", "PHASE", "INSIDE", "PUBLIC", "OUTSIDE", "PACKETS", "LOST", "TWICE", "LATE", "JITTER",
                    "QUALITY",
                ],
                calls.flatMap(rows)))
    }

    private func rows(_ call: Snapshot.Call) -> [[String]] {
        let head = [
            "\(call.number)", "\(call.phase) \(call.answeredSeconds ?? call.seconds) s", call.inside, call.translated,
            call.outside, "", "", "", "", "", call.callID,
        ]
        return [head]
            + call.media.flatMap { (media: Snapshot.Media) -> [[String]] in
                let outside = media.latched ?? media.outside
                return [(">", media.sent), ("<", media.received)].map { arrow, stream in
                    [
                        "", "\(media.line) \(kind(of: media)) \(arrow)", media.inside,
                        media.translated, outside, "\(stream?.packets ?? 0)", "\(stream?.lost ?? 0)",
                        "\(stream?.duplicates ?? 0)", "\((stream?.reordered ?? 0) + (stream?.late ?? 0))",
                        stream?.jitterMilliseconds.map { String(format: "%.1f ms", $0) } ?? "-",
                        stream?.quality.map { String(format: "%.1f", $0) } ?? "-",
                    ]
                }
            }
    }

    private func kind(of media: Snapshot.Media) -> String {
        let kind = media.isControl ? "RTCP" : "media"
        return media.transport == "tcp" ? "\(kind) over TCP" : kind
    }
}

/// `sallyport registrations`
struct Registrations: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the phones that are registered through the gateway.", discussion: "Needs root.")

    @OptionGroup var options: QueryOptions

    func run() throws {
        let registrations = try options.snapshot().registrations()
        try options.print(
            registrations,
            orLines: columns(
                ["ADDRESS OF RECORD", "OVER", "INSIDE", "PUBLIC", "REGISTRAR", "LEFT"],
                registrations.map {
                    [$0.addressOfRecord, $0.transport, $0.inside, $0.translated, $0.registrar, "\($0.secondsLeft) s"]
                }))
    }
}

/// `sallyport counters`
struct CountersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "counters", abstract: "Show what became of every packet, and what was seen in them.",
        discussion: """
            Without --all, counters that are 0 are left out. What the workers have counted is added up; --json has it by \
            worker. Needs root.
            """)

    @OptionGroup var options: QueryOptions

    @Flag(name: .long, help: "Also those that are 0.")
    var all = false

    func run() throws {
        let counters = try options.snapshot().counters()
        var byPlace: [String: [String: UInt64]] = [:]
        for counter in counters { byPlace[counter.place, default: [:]][counter.name] = counter.count }
        try options.print(
            byPlace,
            orLines: columns(
                ["PLACE", "COUNTER", "COUNT", "MEANING"],
                summed(counters).filter { all || $0.count > 0 }.map { [$0.place, $0.name, "\($0.count)", $0.meaning] }))
    }

    /// The same with all workers in one place.
    private func summed(_ counters: [Snapshot.Counter]) -> [Snapshot.Counter] {
        let isOfWorker = { (counter: Snapshot.Counter) in counter.place.hasPrefix("worker ") }
        var sums: [String: UInt64] = [:]
        for counter in counters where isOfWorker(counter) { sums[counter.name, default: 0] += counter.count }
        let workers = counters.filter { $0.place == "worker 0" }.map {
            Snapshot.Counter(place: "workers", name: $0.name, count: sums[$0.name] ?? 0, meaning: $0.meaning)
        }
        return counters.filter { $0.place == "xdp" } + workers
            + counters.filter { $0.place != "xdp" && !isOfWorker($0) }
    }
}
