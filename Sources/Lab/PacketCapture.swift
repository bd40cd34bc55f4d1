// What reaches a host, and leaves it, on its link: the proof of what arrived at the far end.

import Foundation

/// A running packet capture on a host's `eth0`, of which the datagrams can be read while it goes on.
public final class PacketCapture: Sendable {
    /// The file, in the format of pcap.
    public let file: String
    private let process: ChildProcess

    /// Begins, and returns when it captures.
    ///
    /// - Parameter filter: what to capture, in tcpdump's words.
    public init(on host: Namespace, _ filter: String = "udp", in sandbox: Sandbox) throws {
        file = "\(sandbox.directory)/\(host.name)-\(UInt32.random(in: .min ... .max)).pcap"
        process = try host.start([
            "tcpdump", "--immediate-mode", "-U", "-n", "-i", "eth0", "-w", file, "-B", "8192", "-Z", "root",
            filter,
        ])
        try process.wait(for: "listening on")
    }

    /// Every datagram so far, in the order of their arrival.
    public func datagrams() throws -> [Datagram] {
        PacketCapture.parse([UInt8](try Data(contentsOf: URL(fileURLWithPath: file))))
    }

    /// Waits until so many of the datagrams satisfy a condition.
    ///
    /// - Returns: those that do, also when `limit` seconds have passed before they are enough.
    public func wait(
        for count: Int, limit: TimeInterval, where isWanted: (Datagram) -> Bool
    ) throws -> [Datagram] {
        let end = Date(timeIntervalSinceNow: limit)
        while true {
            // tcpdump gives no event for a packet that it has written.
            let found = try datagrams().filter(isWanted)
            if found.count >= count || Date() > end { return found }
            usleep(50_000)
        }
    }

    /// Ends.
    ///
    /// - Returns: everything that it has seen.
    @discardableResult
    public func stop() throws -> [Datagram] {
        try process.stop(signal: SIGINT)
        return try datagrams()
    }

    /// The format of pcap files in this machine's byte order, microseconds, Ethernet; what is not whole yet is left.
    private static func parse(_ bytes: [UInt8]) -> [Datagram] {
        func number(_ at: Int) -> Int { bytes[at..<at + 4].reversed().reduce(0) { $0 << 8 | Int($1) } }
        func short(_ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }
        func place(_ address: Int, _ port: Int) -> String {
            bytes[address..<address + 4].map(String.init).joined(separator: ".") + ":\(short(port))"
        }
        var datagrams: [Datagram] = []
        var record = 24
        while record + 16 <= bytes.count, record + 16 + number(record + 8) <= bytes.count {
            let (length, frame) = (number(record + 8), record + 16)
            let time = number(record) * 1_000_000 + number(record + 4)
            record = frame + length
            // Ethernet and IPv4 (RFC 791), whole; UDP (RFC 768).
            guard length >= 34, short(frame + 12) == 0x0800 else { continue }
            let packet = frame + 14
            let segment = packet + 4 * Int(bytes[packet] & 0x0f)
            guard bytes[packet + 9] == 17, short(packet + 6) & 0x3fff == 0, segment + 8 <= record else { continue }
            let end = segment + max(8, short(segment + 4))
            guard end <= record else { continue }
            datagrams.append(
                Datagram(
                    time: time, source: place(packet + 12, segment), destination: place(packet + 16, segment + 2),
                    payload: Array(bytes[(segment + 8)..<end])))
        }
        return datagrams
    }
}
