// Counts the sound that reaches a host of a load of calls, where SIPp sends it and nobody takes it.

/// A counter of UDP packets to the ports of the sound. It drops what it has counted: the host would otherwise answer
/// each with an ICMP error, since SIPp opens no socket for them.
struct SoundCounter: Sendable {
    private let host: Namespace

    /// Begins to count.
    init(on host: Namespace) throws {
        self.host = host
        try host.run(
            "nft",
            """
            table ip sound {
                chain input {
                    type filter hook input priority filter
                    udp dport 10000-19999 counter drop
                }
            }
            """)
    }

    /// Ends.
    ///
    /// - Returns: how many there were.
    func stop() throws -> Int {
        let rules = try host.run("nft", "list", "table", "ip", "sound")
        try host.run("nft", "delete", "table", "ip", "sound")
        guard let count = rules.firstMatch(of: /counter packets (\d+)/).flatMap({ Int($0.output.1) }) else {
            throw LabError("nft does not show the counter: \(rules)")
        }
        return count
    }
}
