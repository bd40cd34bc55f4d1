import ArgumentParser
import Control

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
            } + [
                "conversations: \(status.conversations[0]) of \(status.conversations[1])",
                "data connections: \(status.dataConnections[0]) open, \(status.dataConnections[1]) pinholes, of "
                    + "\(status.dataConnections[2])",
            ] + places.map { "\($0.1): \(status.packets[$0.0] ?? 0)" } + [
                "packets lost at sockets: \(status.lostAtSockets)",
                "frames: "
                    + ["free", "filling", "held", "transmitting"].map { "\(status.frames[$0] ?? 0) \($0)" }
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

/// `sallyport counters`
struct CountersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "counters", abstract: "Show what became of every packet, and what was seen in them.",
        discussion: "Without --all, counters that are 0 are left out. Needs root.")

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
                counters.filter { all || $0.count > 0 }.map { [$0.place, $0.name, "\($0.count)", $0.meaning] }))
    }
}
