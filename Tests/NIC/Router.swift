import Foundation
import Lab

/// The guest as a router between the two cards of one driver, in a network namespace of the guest, with the gateway
/// on it.
struct Router {
    let guest: Guest
    let driver: Driver
    /// The gateway's program, which the guest has under the same path as the host.
    let executable: String

    /// A card's queue by which packets came to the gateway, such as `lan0/1`.
    static let queues = ["lan0/0", "lan0/1", "wan0/0", "wan0/1"]

    /// Makes the router.
    init(_ driver: Driver, in guest: Guest, executable: String) throws {
        self.guest = guest
        self.driver = driver
        self.executable = executable
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("router").path
        try guest.run("\(script) \(driver) \(driver.station(.lan)) \(driver.station(.wan))")
    }

    /// Starts the gateway and returns when it says that traffic flows.
    ///
    /// - Parameter options: of both interfaces, such as `zero-copy: on`.
    /// - Throws: `LabError` with its log where it ends instead.
    func start(_ options: String) throws {
        try """
        gateway: {state-directory: /run/sallyport-\(driver), flows: 1024, conversations: 256}
        interfaces:
          lan0: {side: inside, \(options)}
          wan0: {side: outside, \(options)}
        nat: {addresses: [203.0.113.7], ports: 32768-65535}
        ftp: {ports: [21]}

        """.write(toFile: "\(guest.folder)/\(driver).yaml", atomically: false, encoding: .utf8)
        let (status, _) = try guest.outcome(
            of: """
                cd /mnt && rm -f \(driver).exit
                (\(inside) \(executable) run --config \(driver).yaml >\(driver).log 2>&1; echo $? >\(driver).exit) &
                until grep -q '^ready' \(driver).log; do [ ! -e \(driver).exit ] || exit 1; sleep 0.1; done
                """)
        guard status == 0 else { throw LabError("the gateway does not start:\n\(try log)") }
    }

    /// Ends the gateway in order.
    ///
    /// - Returns: its exit code.
    func stop() throws -> String {
        try guest.run("pkill -TERM -x sallyport; until [ -s /mnt/\(driver).exit ]; do sleep 0.1; done")
        return try text("exit").trimmingCharacters(in: .newlines)
    }

    /// What the gateway has written so far.
    var log: String {
        get throws { try text("log") }
    }

    /// What `sallyport status` says, as far as it matters here.
    struct Status: Decodable {
        struct Gateway: Decodable { let interfaces: [Interface] }
        struct Interface: Decodable {
            let name: String
            let attachMode: String
            let bindModes: [String]
        }
        let gateway: Gateway
        let lostAtSockets: Int
    }

    func status() throws -> Status {
        try JSONDecoder().decode(Status.self, from: Data(try ask("status").utf8))
    }

    /// What `sallyport counters` says: by place, such as `xdp` or `lan0/1`, and name.
    func counters() throws -> [String: [String: Int]] {
        try JSONDecoder().decode([String: [String: Int]].self, from: Data(try ask("counters").utf8))
    }

    /// Runs a command in the router's namespace, which has to succeed.
    @discardableResult
    func run(_ command: String) throws -> String {
        try guest.run("\(inside) \(command)")
    }

    private func ask(_ command: String) throws -> String {
        try run("\(executable) \(command) --json --config /mnt/\(driver).yaml")
    }

    private func text(_ suffix: String) throws -> String {
        try String(contentsOfFile: "\(guest.folder)/\(driver).\(suffix)", encoding: .utf8)
    }

    private var inside: String { "ip netns exec \(driver)" }
}
