import CXDP
import Foundation
import Logging
import Rewriting
import Routing
import ServiceLifecycle
import WireFormats

/// `run --observe`: listens on the inside interfaces beside the kernel, and prints what the gateway would change. No
/// XDP program is attached, nothing is translated, and no packet goes another way.
public final class Watch: Service {
    private let configuration: Configuration
    private let sockets: [Int32]
    private let print: @Sendable (String) -> Void

    /// Opens a packet socket on every inside interface; `print` takes a line for each observation.
    public init(_ configuration: Configuration, print: @escaping @Sendable (String) -> Void) throws {
        self.configuration = configuration
        self.print = print
        let interfaces = try Kernel().interfaces()
        sockets = try configuration.interfaces.filter { $0.side == .inside }.map { configured in
            guard let interface = interfaces.first(where: { $0.name == configured.name }) else {
                throw ControlError("interface \(configured.name) does not exist; `ip link` lists those that do")
            }
            let socket = sp_packet_socket(interface.index)
            guard socket >= 0 else {
                throw ControlError(
                    "cannot listen on \(configured.name)", errno: -socket, advice: "run as root")
            }
            return socket
        }
    }

    deinit { for socket in sockets { close(socket) } }

    /// Listens until the service group shuts down, and says then what was counted.
    public func run() async throws {
        let (ending, end) = AsyncStream<Never>.makeStream()
        let thread = Thread { [self] in
            do { try listen() } catch { print("observing ended: \(error)") }
            end.finish()
        }
        thread.start()
        try? await gracefulShutdown()
        thread.cancel()
        for await _ in ending {}
    }

    private func listen() throws {
        // What is to the router itself, or from it, is never steered.
        let own = Set(try Kernel().addresses().compactMap(\.ipv4))
        var observer = try Observer(ObserverPlan(configuration), now: sp_now())
        var polled = sockets.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var bytes = [UInt8](repeating: 0, count: 65536 + 64)
        while !Thread.current.isCancelled {
            guard poll(&polled, nfds_t(polled.count), 200) > 0 else { continue }
            for entry in polled where entry.revents != 0 {
                var isOutgoing = false
                let count = sp_packet_receive(entry.fd, &bytes, UInt64(bytes.count), &isOutgoing)
                guard count > 0 else { continue }
                let frame = bytes.span.bytes.extracting(first: Int(count))
                let side: Side = isOutgoing ? .outside : .inside
                guard let packet = IPv4Packet(frame),
                    !own.contains(side == .inside ? packet.destination : packet.source)
                else { continue }
                for observation in observer.receive(frame, from: side, now: sp_now()) { print("\(observation)") }
            }
        }
        for counter in observer.counters { print("\(counter.name) \(counter.count): \(counter.meaning)") }
    }
}

extension ObserverPlan {
    /// The gateway that a configuration makes.
    public init(_ configuration: Configuration) {
        self.init(addresses: configuration.nat.addresses)
        ports = configuration.nat.ports
        ftpPorts = configuration.ftp.ports
        settings = Settings(configuration.ftp)
        sipPortsOfTCP = configuration.sip?.portsOfTCP ?? []
        sipPortsOfUDP = configuration.sip.map { $0.transports.contains(.udp) ? $0.ports : [] } ?? []
        sipSettings = SIPSettings(configuration.sip ?? Configuration.SIP())
    }
}
