// Sallyport at work on the lab's router.

import Foundation

/// A running `sallyport run`.
public final class RunningGateway: Sendable {
    private let executable: String
    private let router: Namespace
    private let configuration: String
    public let process: ChildProcess

    /// Starts it on the router's two links, and returns when traffic flows.
    ///
    /// - Parameters:
    ///   - executable: the path of `sallyport`.
    ///   - keepalive: seconds between keep-alives on idle control connections.
    public init(_ executable: String, on topology: Topology, keepalive: Int = 50) throws {
        self.executable = executable
        router = topology.router
        let directory = "\(topology.sandbox.directory)/gateway-\(UInt16.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        configuration = "\(directory)/sallyport.yaml"
        try """
        gateway:
          state-directory: \(directory)
        interfaces:
          lan0: inside
          wan0: outside
        nat:
          addresses: [\(Topology.publicAddress)]
          ports: \(Topology.gatewayPorts)
        ftp:
          ports: [21]
          keepalive-seconds: \(keepalive)

        """.write(toFile: configuration, atomically: false, encoding: .utf8)
        process = try router.start([executable, "run", "--config", configuration])
        try process.wait(for: "ready")
    }

    /// What one of the commands `status`, `flows`, `pinholes`, `counters` prints for programs.
    public func show(_ command: String) throws -> Data {
        Data(try router.run(executable, command, "--json", "--config", configuration).utf8)
    }

    /// Starts a second one with the same configuration.
    public func startAnother() throws -> ChildProcess {
        try router.start([executable, "run", "--config", configuration])
    }

    /// Ends it in order.
    @discardableResult
    public func stop() throws -> ChildProcess.Outcome {
        try process.stop()
    }
}
