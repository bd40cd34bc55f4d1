import InNamespace
import Lab

/// A router `router` and a host `host`, joined by the link wan0 - eth0: 198.51.100.1/24 and 198.51.100.2/24.
struct Router {
    let sandbox: Sandbox
    let namespace: Namespace
    let host: Namespace

    init(queues: Int = 1) throws {
        sandbox = try Sandbox()
        namespace = try sandbox.namespace("router")
        host = try sandbox.namespace("host")
        try namespace.run(
            "ip", "link", "add", "wan0", "numrxqueues", "\(queues)", "numtxqueues", "\(queues)", "type", "veth", "peer",
            "name", "eth0", "netns", host.name)
        try namespace.run("ip", "address", "add", "198.51.100.1/24", "dev", "wan0")
        try namespace.run("ip", "link", "set", "wan0", "up")
        try host.run("ip", "address", "add", "198.51.100.2/24", "dev", "eth0")
        try host.run("ip", "link", "set", "eth0", "up")
    }

    /// Removes everything after `body`, also when it throws.
    static func with(queues: Int = 1, _ body: (Router) throws -> Void) throws {
        let router = try Router(queues: queues)
        defer { router.sandbox.remove() }
        try body(router)
    }
}
