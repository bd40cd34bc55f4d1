// A network namespace of the lab: one host, router or middle box.

import Foundation

/// A host of the lab. Its name begins with its sandbox's prefix, and it goes when the sandbox goes.
public struct Namespace: Sendable {
    /// What `ip netns` calls it.
    public let name: String
    private let sandbox: Sandbox

    init(_ role: String, in sandbox: Sandbox) throws {
        name = "\(sandbox.prefix)-\(role)"
        self.sandbox = sandbox
        try sandbox.start(["ip", "netns", "add", name]).succeed()
        try run("ip", "link", "set", "lo", "up")
    }

    /// Starts a program inside, whose standard input is a copy of `input`.
    public func start(_ arguments: [String], input: FileHandle = .nullDevice) throws -> ChildProcess {
        try sandbox.start(["ip", "netns", "exec", name] + arguments, input: input)
    }

    /// Runs a program inside to its end, which has to be exit code 0.
    ///
    /// - Returns: what it wrote to standard output.
    @discardableResult
    public func run(_ arguments: String..., limit: TimeInterval = 60) throws -> String {
        try start(arguments).succeed(limit: limit)
    }

    /// Sets a kernel parameter of this namespace, named by its path below /proc/sys/net.
    public func set(_ parameter: String, to value: String) throws {
        try run("sh", "-c", "echo '\(value)' >/proc/sys/net/\(parameter)")
    }

    /// Waits until a program in this namespace listens on a TCP port, or has a UDP port.
    ///
    /// - Throws: `LabError` with the program's output when it ends before that, or after 10 seconds.
    func wait(forPort port: UInt16, of program: ChildProcess, isUDP: Bool = false) throws {
        let wanted = String(format: ":%04X 00000000:0000 \(isUDP ? "07" : "0A")", port)
        for _ in 0..<2000 {
            // The kernel gives no event for this; the file is the view of that process, so of its namespace.
            let sockets = try? String(
                contentsOfFile: "/proc/\(program.pid)/net/\(isUDP ? "udp" : "tcp")", encoding: .utf8)
            if sockets?.contains(wanted) == true { return }
            guard program.isRunning else { break }
            usleep(5000)
        }
        let outcome = try program.stop()
        throw LabError("nothing listens on port \(port) in \(name): \(outcome.errors)\(outcome.output)")
    }
}
