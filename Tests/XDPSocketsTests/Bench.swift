import CXDP
import Glibc
import Lab
import XDPSockets

/// Two cables in a network namespace, each with an end for the host and an end for the gateway, and an XDP program
/// on every end that gives all packets to the sockets that are connected to it:
///
///     host0 ------ gate0      gate1 ------ host1
///
/// No address, no IPv6: nothing but the test sends on them.
final class Bench {
    private let sandbox: Sandbox
    private let namespace: Namespace
    private var programs: [String: RedirectProgram] = [:]
    private let queues: Int

    init(queues: Int = 2) throws {
        self.queues = queues
        sandbox = try Sandbox()
        namespace = try sandbox.namespace("bench")
        try namespace.set("ipv6/conf/default/disable_ipv6", to: "1")
        for cable in 0...1 {
            let queues = "numrxqueues \(queues) numtxqueues \(queues)"
            try ip("link add gate\(cable) \(queues) type veth peer name host\(cable) \(queues)")
            try ip("link set gate\(cable) up")
            try ip("link set host\(cable) up")
        }
    }

    /// Runs `ip` in the namespace.
    func ip(_ arguments: String) throws {
        try namespace.run("sh", "-c", "ip \(arguments)")
    }

    /// Runs `body`, which must not suspend, with its thread in the namespace; removes the namespace after it.
    func use<Result>(_ body: (Bench) throws -> Result) throws -> Result {
        let home = Glibc.open("/proc/thread-self/ns/net", O_RDONLY)
        let bench = Glibc.open("/run/netns/\(namespace.name)", O_RDONLY)
        precondition(sp_enter_network_namespace(bench) == 0, "cannot enter the namespace")
        defer {
            programs = [:]
            precondition(sp_enter_network_namespace(home) == 0, "cannot leave the namespace")
            close(home)
            close(bench)
            sandbox.remove()
        }
        return try body(self)
    }

    /// Opens a socket on every queue of both ends of a side, in the order gate0 queue 0, queue 1, gate1 queue 0, queue 1,
    /// all for one worker, and has them fed.
    func open(
        _ side: String, native: Bool = true, settings: SocketSettings = SocketSettings(),
        wakeDescriptor: Int32 = -1
    ) throws -> SocketGroup {
        let sockets = try SharedSockets.open(
            bindings(side), owners: bindings(side).map { _ in 0 }, workers: 1, settings: settings,
            wakeDescriptors: [wakeDescriptor])
        try feed(sockets, side, native: native)
        return sockets.take(0)
    }

    /// Opens the same sockets for several workers, in turns: worker 0 has queue 0 of both ends, and so on.
    func open(
        _ side: String, workers: Int, settings: SocketSettings = SocketSettings()
    ) throws -> SharedSockets {
        let sockets = try SharedSockets.open(
            bindings(side), owners: bindings(side).map { Int($0.queue) % workers }, workers: workers,
            settings: settings, wakeDescriptors: [Int32](repeating: -1, count: workers))
        try feed(sockets, side, native: true)
        return sockets
    }

    private func feed(_ sockets: SharedSockets, _ side: String, native: Bool) throws {
        for (number, binding) in bindings(side).enumerated() {
            try program(binding.interface, native).redirect(queue: binding.queue, to: sockets.descriptor(of: number))
        }
    }

    /// The queues of both ends of a side: `host` or `gate`.
    func bindings(_ side: String) -> [SocketBinding] {
        (0...1).flatMap { cable in
            (0..<queues).map { SocketBinding(interface: "\(side)\(cable)", queue: UInt32($0)) }
        }
    }

    private func program(_ interface: String, _ native: Bool) throws -> RedirectProgram {
        if let program = programs[interface] { return program }
        let program = try RedirectProgram(interface: interface, native: native)
        programs[interface] = program
        return program
    }
}
