import ArgumentParser
import Control
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// `sallyport run`
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway in the foreground.",
        discussion: """
            Attaches the XDP program, binds the sockets, and says `ready` on standard error once traffic flows. SIGTERM \
            and SIGINT take everything down again and leave the interfaces as they were; so does the kernel if the \
            process is killed. SIGHUP reads the configuration again: times, and how SIP treats ICE, media and signed \
            bodies, change at once.

            With --observe nothing is attached and nothing changed: it listens beside the kernel on the inside \
            interfaces, and prints what it would change.

            Needs root: XDP, AF_XDP and BPF maps do.
            """)

    @OptionGroup var option: ConfigurationOption

    @Flag(name: .long, help: "Print what would be changed, and change nothing.")
    var observe = false

    func run() async throws {
        let configuration = try option.read()
        guard geteuid() == 0 else {
            throw Failure("run as root: attaching XDP programs and binding AF_XDP sockets need it")
        }
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let logger = Logger(label: "sallyport")
        if observe { return try await watch(configuration, logger) }
        let gateway = try RunningGateway(configuration, file: option.config, logger: logger)
        let manager = ServiceManager(environment: ProcessInfo.processInfo.environment)
        let attendant = Attendant(gateway: gateway, manager: manager)
        let group = ServiceGroup(
            services: [gateway, attendant], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
        try manager?.notify(.stopping)
    }

    private func watch(_ configuration: Configuration, _ logger: Logger) async throws {
        let watch = try Watch(configuration) { line in
            FileHandle.standardOutput.write(Data("\(line)\n".utf8))
        }
        let group = ServiceGroup(
            services: [watch, Announcement()], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
    }
}

/// Says `ready` once every signal is taken: the group takes its own before it starts this. Then it reads the configuration
/// again at every SIGHUP.
private struct Attendant: Service {
    let gateway: RunningGateway
    let manager: ServiceManager?

    func run() async throws {
        let hangUps = await UnixSignalsSequence(trapping: .sighup)
        try manager?.notify(.ready)
        standardError("ready\n")
        for await _ in hangUps.cancelOnGracefulShutdown() { gateway.reload() }
    }
}

/// Says `ready` once the group takes its signals.
private struct Announcement: Service {
    func run() async throws {
        standardError("ready\n")
        try? await gracefulShutdown()
    }
}
