// What reaches the server on control connections: the proof of what a client really did.

import Foundation

/// A packet capture on the outside host, of what clients say to FTP servers.
public final class ControlCapture: Sendable {
    private let process: ChildProcess

    /// Begins, and returns when it captures.
    public init(in topology: Topology) throws {
        process = try topology.outside.start([
            "tcpdump", "--immediate-mode", "-l", "-n", "-q", "-A", "-s", "0", "-i", "eth0", "tcp dst port 21",
        ])
        try process.wait(for: "listening on")
    }

    /// Ends.
    ///
    /// - Returns: the packets' text; what is not printable appears as a dot.
    public func stop() throws -> String {
        try process.stop(signal: SIGINT).output
    }
}
