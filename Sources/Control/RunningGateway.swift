import CSteering
import CXDP
import Dataplane
import Foundation
import Logging
import Rewriting
import Routing
import ServiceLifecycle
import Steering
import WireFormats
import XDPSockets

/// The gateway while it runs: set up in order, taken down in reverse.
///
/// Order: state directory (keeps a second one out), program, maps, cards' rules, sockets and workers, attachment, links.
/// Only the links make packets take the new way, so that none is lost before. Sockets come before the attachment because
/// some drivers take frames to receive into while they attach, and not later: igb, where receiving and sending have
/// interrupts of their own, raises the wrong one when it is told of new frames (igb_xsk_wakeup of Linux 6.18). The way
/// back begins with the attachment: when the sockets close, no packet comes any more. If the process is killed, the
/// kernel does the same by itself, since nothing is pinned; only the rules stay, until the next start
/// (`DedicatedQueues`). A worker that ends by itself takes the whole gateway down, in the same order: half of one would
/// drop half of the conversations.
public final class RunningGateway: Service {
    private let file: String
    private let logger: Logger
    private let started = Date()
    private let directory: StateDirectory
    private let attachments: [Attachment]
    private let maps: SteeringMaps
    private let dedicated: DedicatedQueues
    private let workers: WorkerGroup
    private let follower: KernelFollower
    private let configuration: Configuration

    /// Sets everything up; when it returns, traffic flows. `file` is where the configuration was read from.
    public init(_ configuration: Configuration, file: String, logger: Logger) throws {
        self.configuration = configuration
        self.file = URL(fileURLWithPath: file).path
        self.logger = logger
        let kernel = try Kernel()
        var cards = try Cards(configuration, kernel)
        let directory = try StateDirectory(claiming: configuration.gateway.stateDirectory)
        self.directory = directory
        var isReady = false
        defer { if !isReady { directory.release() } }

        let flows = UInt32(configuration.gateway.flows)
        // Each worker's part is rounded up.
        let streams = configuration.sip == nil ? 1 : min(2 * flows + 1024, STEERING_STREAMS_MAX.rawValue)
        let program = try SteeringProgram(
            capacity: SteeringProgram.Capacity(flows: 2 * flows, pinholes: flows, streams: streams))
        let maps = program.maps
        self.maps = maps
        let settings = ProgramSettings(maps: maps, configuration: configuration)
        try settings.prepare()
        try settings.setAddresses(try kernel.addresses())

        try cards.countQueues(kernel)
        var dedicated = DedicatedQueues(record: directory.file(named: "rules.json"), removingFrom: kernel)
        defer { if !isReady { dedicated.remove(from: kernel) } }
        cards.placeSockets(services: configuration.ftp.ports, &dedicated, in: kernel) { logger.warning("\($0)") }
        self.dedicated = dedicated
        let choice = SocketModeChoice(configuration.interfaces, dedicated: cards.dedicated)
        logger.info("\(choice.mode) mode for all sockets: \(choice.reason)")
        var sizes = SocketSettings()
        sizes.frameSize = try cards.frameSize(choice.mode)
        sizes.busyPolling = configuration.gateway.busyPollMicroseconds.map { BusyPolling(microseconds: Int32($0)) }
        let plan = try WorkerPlan(configuration, cards, kernel) { logger.info("\($0)") }
        let workers = try WorkerGroup(plan, cards, mode: choice.mode, sizes, maps, directory)
        self.workers = workers
        defer { if !isReady { workers.stop() } }
        try directory.showFiles()

        let attachments = try program.attach(to: cards.cards.map(\.name))
        self.attachments = attachments
        defer { if !isReady { for attachment in attachments { attachment.detach() } } }
        let follower = try KernelFollower(settings, logger)
        self.follower = follower
        defer { if !isReady { follower.stop() } }
        try settings.setLinks(cards, workers.mode)
        if choice.mode == .zeroCopy, workers.mode == .copy {
            logger.warning("a driver refused zero-copy mode, so all sockets are in copy mode")
        }
        for card in cards.cards where !card.takesRedirects(from: workers.mode) {
            logger.warning(
                """
                \(card.name): its driver, \(card.driver), does not send what XDP redirects from queues in zero-copy \
                mode, so the workers send the data connections, which is slower; with zero-copy: off XDP does
                """)
        }
        isReady = true
        try publish(cards)
    }

    /// Says what runs and how, to the log and to the command line.
    private func publish(_ cards: Cards) throws {
        var interfaces: [GatewayState.Interface] = []
        for member in cards.members {
            let card = cards.card(of: member)
            let mode = attachments.first { $0.interface == card.name }!.mode.rawValue
            let bound = workers.modes[card.firstSocket..<card.firstSocket + card.served.count].map(\.description)
            interfaces.append(
                GatewayState.Interface(
                    name: member.interface.name, side: "\(member.configured.side)", attachMode: mode, bindModes: bound))
            logger.info(
                "\(member.interface.name) (\(member.configured.side)): XDP \(mode), queues \(card.served): \(bound)")
        }
        for (number, worker) in workers.states.enumerated() {
            let place = worker.processor.map { "on processor \($0)" } ?? "on any processor"
            logger.info("worker \(number): \(place), \(worker.sockets.joined(separator: " "))")
        }
        try directory.publish(
            GatewayState(
                pid: getpid(), started: started, version: Version.current, configuration: file, interfaces: interfaces,
                maps: maps.ids, workers: workers.states))
    }

    // MARK: While it runs

    /// Runs until the service group shuts down, or a worker ends by itself; then takes everything down.
    /// - Throws: why the worker has ended.
    public func run() async throws {
        defer { stop() }
        for await failure in workers.failures.cancelOnGracefulShutdown() { throw failure }
    }

    /// Reads the configuration again. Times take effect at once; what shapes tables, maps or attachments needs a
    /// restart, and says so; a configuration that cannot be read changes nothing.
    public func reload() {
        do {
            let new = try Configuration(contentsOf: file)
            var comparable = new
            comparable.ftp = configuration.ftp
            comparable.ftp.ports = new.ftp.ports
            if new.sip != nil, let sip = configuration.sip {
                comparable.sip = sip
                comparable.sip?.ports = new.sip!.ports
                comparable.sip?.transports = new.sip!.transports
            }
            if comparable != configuration {
                logger.warning(
                    """
                    reload: only the times under `ftp` and `sip`, and how `sip` treats ICE, media and signed bodies, can \
                    change while the gateway runs; restart for the rest
                    """)
            }
            workers.set(
                WorkerSettings(ftp: Settings(new.ftp), sip: SIPSettings(new.sip ?? Configuration.SIP())))
            ProgramSettings(maps: maps, configuration: configuration).set(new.sip)
            logger.info("reloaded \(file)")
        } catch {
            logger.error("reload: nothing changed: \(error)")
        }
    }

    private func stop() {
        for attachment in attachments { attachment.detach() }
        follower.stop()
        workers.stop()
        if let kernel = try? Kernel() {
            var dedicated = dedicated
            dedicated.remove(from: kernel)
        }
        directory.release()
        logger.info("stopped; the interfaces are as before")
    }
}

extension Settings {
    /// The times of the configuration.
    init(_ ftp: Configuration.FTP) {
        self.init()
        connection.keepalive = UInt64(ftp.keepAliveSeconds) * 1_000_000_000
        connection.idle = UInt64(ftp.idleSeconds) * 1_000_000_000
        connection.transitory = UInt64(ftp.transitorySeconds) * 1_000_000_000
        pinhole = UInt64(ftp.pinholeSeconds) * 1_000_000_000
    }
}

extension SIPSettings {
    /// What the configuration says.
    init(_ sip: Configuration.SIP) {
        self.init()
        binding = UInt64(sip.bindingSeconds) * 1_000_000_000
        keepalive = UInt64(sip.keepAliveSeconds) * 1_000_000_000
        connection.keepalive = UInt64(sip.tcpKeepAliveSeconds) * 1_000_000_000
        connection.idle = UInt64(sip.tcpIdleSeconds) * 1_000_000_000
        media = UInt64(sip.mediaSeconds) * 1_000_000_000
        hold = UInt64(sip.holdSeconds) * 1_000_000_000
        ice =
            switch sip.ice {
            case .rewrite: .rewrite
            case .strip: .strip
            case .leave: .leave
            }
        latching =
            switch sip.latching {
            case .off: .off
            case .auto: .auto
            case .always: .always
            }
        localMedia = sip.localMedia == .hairpin ? .hairpin : .direct
        signedBodies = sip.signedBodies == .refuse ? .refuse : .pass
    }
}

/// The version of the program.
public enum Version {
    /// As the changelog has it.
    public static let current = "0.1.0"
}
