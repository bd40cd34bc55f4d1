// Sallyport at work on the lab's router.

import Foundation

/// A running `sallyport run`.
public final class GatewayProcess: Sendable {
    private let executable: String
    private let router: Namespace
    private let configuration: String
    public let process: ChildProcess

    /// Starts it on the router's two links, and returns when traffic flows.
    init(
        _ executable: String, on topology: Topology, keepalive: Int, transitory: Int, workers: String,
        conversations: Int, sip: [SIPTransport], sipSeconds: [String: Int]
    ) throws {
        self.executable = executable
        router = topology.router
        configuration = try GatewayProcess.configure(
            topology, "gateway", keepalive: keepalive, transitory: transitory, workers: workers,
            conversations: conversations, sip: sip, sipSeconds: sipSeconds)
        process = try router.start([executable, "run", "--config", configuration])
        try process.wait(for: "ready")
    }

    /// What a command of its command line says, in JSON.
    public func answer(to command: String) throws -> String {
        try router.run(executable, command, "--json", "--config", configuration)
    }

    /// Its counters by name, those of several workers added up.
    public func counters() throws -> [String: Int] {
        let text = try answer(to: "counters")
        var counters: [String: Int] = [:]
        GatewayProcess.collect(try JSONSerialization.jsonObject(with: Data(text.utf8)), into: &counters)
        return counters
    }

    /// What it says of itself.
    public struct State: Decodable, Sendable {
        /// One of its interfaces.
        public struct Interface: Decodable, Sendable {
            public let name: String
            /// Where its XDP program runs, and how the socket of each queue is bound.
            public let attachMode: String
            public let bindModes: [String]
        }
        public let interfaces: [Interface]
        /// The kernel's numbers of its BPF maps.
        public let maps: [UInt32]
    }

    /// Its own account of itself.
    public func state() throws -> State {
        struct Status: Decodable { let gateway: State }
        let text = try answer(to: "status")
        return try JSONDecoder().decode(Status.self, from: Data(text.utf8)).gateway
    }

    private static func collect(_ value: Any, into counters: inout [String: Int]) {
        for (name, inner) in value as? [String: Any] ?? [:] {
            if let number = inner as? Int {
                counters[name, default: 0] += number
            } else {
                collect(inner, into: &counters)
            }
        }
        for inner in value as? [Any] ?? [] { collect(inner, into: &counters) }
    }

    /// Starts a second one on the same links, with a state directory of its own.
    public func startAnother(on topology: Topology) throws -> ChildProcess {
        let configuration = try GatewayProcess.configure(
            topology, "second", keepalive: 50, transitory: 240, workers: "auto", conversations: 16384, sip: [])
        return try router.start([executable, "run", "--config", configuration])
    }

    /// Starts one that only observes, `run --observe`, and returns when it listens.
    public static func observe(
        _ executable: String, on topology: Topology, sip: [SIPTransport]
    ) throws -> (process: ChildProcess, configuration: String) {
        let configuration = try configure(
            topology, "observer", keepalive: 50, transitory: 240, workers: "auto", conversations: 16384, sip: sip)
        let process = try topology.router.start([executable, "run", "--observe", "--config", configuration])
        try process.wait(for: "ready")
        return (process, configuration)
    }

    /// Ends it in order.
    @discardableResult
    public func stop() throws -> ChildProcess.Outcome {
        try process.stop()
    }

    private static func configure(
        _ topology: Topology, _ name: String, keepalive: Int, transitory: Int, workers: String,
        conversations: Int, sip: [SIPTransport], sipSeconds: [String: Int] = [:]
    ) throws -> String {
        let directory = "\(topology.sandbox.directory)/\(name)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let file = "\(directory)/sallyport.yaml"
        let transports = sip.map(\.rawValue).joined(separator: ", ")
        let times = sipSeconds.map { "\n  \($0.key)-seconds: \($0.value)" }.joined()
        try """
        gateway:
          state-directory: \(directory)
          workers: \(workers)
          conversations: \(conversations)
        interfaces:
          lan0: inside
          wan0: outside
        nat:
          addresses: [\(Topology.publicAddress)]
          ports: \(Topology.gatewayPorts)
        ftp:
          ports: [21]
          keepalive-seconds: \(keepalive)
          transitory-seconds: \(transitory)
        \(sip.isEmpty ? "" : "sip:\n  ports: [5060]\n  transports: [\(transports)]\(times)")
        """.write(toFile: file, atomically: false, encoding: .utf8)
        return file
    }
}
