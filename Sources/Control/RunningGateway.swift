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
/// Order: state directory (keeps a second one out), program, maps, attachment, sockets, worker, links. Only the links
/// make packets take the new way, so that none is lost before. The way back begins with the attachment: when the
/// sockets close, no packet comes any more. If the process is killed, the kernel does the same by itself, since
/// nothing is pinned.
public final class RunningGateway: Service {
    private let file: String
    private let logger: Logger
    private let started = Date()
    private let directory: StateDirectory
    private let attachments: [Attachment]
    private let maps: SteeringMaps
    private let worker: WorkerThread
    private let control = WorkerControl()
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
        let program = try SteeringProgram(capacity: SteeringProgram.Capacity(flows: 2 * flows, pinholes: flows))
        let maps = program.maps
        self.maps = maps
        let settings = ProgramSettings(maps: maps, configuration: configuration)
        try settings.prepare()
        try settings.setAddresses(try kernel.addresses())
        let attachments = try program.attach(to: cards.cards.map(\.name))
        self.attachments = attachments
        defer { if !isReady { for attachment in attachments { attachment.detach() } } }

        try cards.countQueues(kernel)
        let wantsZeroCopy = configuration.interfaces.contains(where: \.zeroCopy)
        var sizes = SocketSettings()
        sizes.frameSize = try cards.frameSize
        let sockets = try SocketGroup.open(
            cards.bindings, mode: wantsZeroCopy ? .zeroCopy : .copy, settings: sizes,
            wakeDescriptor: control.wakeDescriptor)
        for socket in 0..<sockets.count { try maps.sockets.set(UInt32(socket), to: sockets.descriptor(of: socket)) }
        let modes = (0..<sockets.count).map { sockets.mode(of: $0).description }
        let links = try cards.links(try kernel.addresses(), publicAddress: configuration.nat.addresses[0])
        let gateway = try RunningGateway.gateway(configuration, directory)
        let reports = try RunningGateway.open(directory.file(named: TableFile.sockets.rawValue))
        defer { close(reports) }
        worker = try WorkerThread(
            try Worker(
                gateway: gateway, sockets: sockets, maps: maps, links: links, control: control, reports: reports),
            control)
        try settings.setLinks(cards)
        isReady = true
        try publish(cards, modes)
    }

    /// The gateway over tables that stand in files of the state directory.
    private static func gateway(
        _ configuration: Configuration, _ directory: StateDirectory
    ) throws -> Rewriting.Gateway {
        var descriptors = Gateway.Descriptors()
        descriptors.conversations = try open(directory.file(named: TableFile.conversations.rawValue))
        descriptors.data = try open(directory.file(named: TableFile.data.rawValue))
        descriptors.counters = try open(directory.file(named: TableFile.counters.rawValue))
        defer { for file in [descriptors.conversations, descriptors.data, descriptors.counters] { close(file) } }
        return try Gateway(
            Gateway.Capacity(
                conversations: configuration.gateway.conversations, data: configuration.gateway.flows),
            addresses: configuration.nat.addresses, ports: configuration.nat.ports, services: configuration.ftp.ports,
            settings: Settings(configuration.ftp), seed: 0, now: sp_now(), descriptors: descriptors)
    }

    private static func open(_ path: String) throws(ControlError) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ControlError("cannot make \(path)", errno: errno) }
        return descriptor
    }

    /// Says what runs and how, to the log and to the command line.
    private func publish(_ cards: Cards, _ modes: [String]) throws {
        var interfaces: [GatewayState.Interface] = []
        for member in cards.members {
            let card = cards.card(of: member)
            let mode = attachments.first { $0.interface == card.name }!.mode.rawValue
            let bound = Array(modes[card.firstSocket..<card.firstSocket + card.queues])
            interfaces.append(
                GatewayState.Interface(
                    name: member.interface.name, side: "\(member.configured.side)", attachMode: mode, bindModes: bound))
            logger.info("\(member.interface.name) (\(member.configured.side)): XDP \(mode), queues \(bound)")
            if member.configured.zeroCopy, bound.contains("copy") {
                logger.warning("\(member.interface.name): its driver refused zero-copy, so its sockets copy")
            }
        }
        try directory.publish(
            GatewayState(
                pid: getpid(), started: started, version: Version.current, configuration: file, interfaces: interfaces,
                maps: maps.ids, sockets: cards.bindings.map { "\($0.interface)/\($0.queue)" }))
    }

    // MARK: While it runs

    /// Runs until the service group shuts down; then takes everything down.
    public func run() async throws {
        defer { stop() }
        let addresses = Task { await followAddresses() }
        defer { addresses.cancel() }
        try? await gracefulShutdown()
    }

    /// Keeps the program's map of the router's own addresses right.
    private func followAddresses() async {
        let settings = ProgramSettings(maps: maps, configuration: configuration)
        do {
            let monitor = try KernelMonitor()
            let kernel = try Kernel()
            while !Task.isCancelled {
                if try monitor.drain().contains(.addresses) { try settings.setAddresses(try kernel.addresses()) }
                try await Task.sleep(for: .seconds(1))
            }
        } catch is CancellationError {
            return
        } catch {
            logger.error("the router's addresses are not followed any more: \(error)")
        }
    }

    /// Reads the configuration again. Times take effect at once; what shapes tables, maps or attachments needs a
    /// restart, and says so; a configuration that cannot be read changes nothing.
    public func reload() {
        do {
            let new = try Configuration(contentsOf: file)
            var comparable = new
            comparable.ftp = configuration.ftp
            comparable.ftp.ports = new.ftp.ports
            if comparable != configuration {
                logger.warning(
                    "reload: only the times under `ftp` can change while the gateway runs; restart for the rest")
            }
            control.set(Settings(new.ftp))
            logger.info("reloaded \(file)")
        } catch {
            logger.error("reload: nothing changed: \(error)")
        }
    }

    private func stop() {
        for attachment in attachments { attachment.detach() }
        worker.stop()
        directory.release()
        logger.info("stopped; the interfaces are as before")
    }
}

extension Settings {
    /// The times of the configuration.
    init(_ ftp: Configuration.FTP) {
        self.init()
        keepalive = UInt64(ftp.keepAliveSeconds) * 1_000_000_000
        idle = UInt64(ftp.idleSeconds) * 1_000_000_000
        transitory = UInt64(ftp.transitorySeconds) * 1_000_000_000
        pinhole = UInt64(ftp.pinholeSeconds) * 1_000_000_000
    }
}

/// The version of the program.
public enum Version {
    /// As the changelog has it.
    public static let current = "0.1.0"
}
