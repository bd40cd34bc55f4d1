import CSteering
import Steering
import Testing

/// ICMP errors about flows are translated with the packet that they quote (RFC 5508 section 4).
let errorRows: [Row] = {
    let tcp = Connection()
    let udp = Connection(isTCP: false)
    /// An error from a host outside about a packet of the client's.
    func outside(
        _ name: String, _ connection: Connection, type: UInt8 = 3, code: UInt8 = 4, bytes: Int = 1000,
        options: [UInt8] = [], _ change: (inout Packet) -> Void = { _ in }
    ) -> Row {
        let quoted = connection.outgoing(change)
        func error(to destination: String, hops: UInt8, about packet: [UInt8]) -> Packet {
            let content = Packet.Content.icmp(type: type, code: code, rest: 1400, quoted: Array(packet.prefix(bytes)))
            return Packet(source: "192.0.2.1", destination: destination, hops: hops, options: options, content: content)
        }
        // Behind the router, the client sees the packet that it sent, but for the hops that it has left by then.
        var original = quoted.arrives
        original.hops = quoted.leaves.hops
        return Row(
            name: name, counter: "forward_icmp", action: .redirect,
            frame: error(to: connection.router, hops: 50, about: quoted.leaves.bytes).fromUpstream(), card: "out0",
            leaves: error(to: connection.client, hops: 49, about: original.bytes).toClient(), arrange: connection.open)
    }
    /// An error from a host inside about a packet of the server's.
    func inside(_ name: String, _ connection: Connection, from reporter: String, type: UInt8 = 3, bytes: Int = 1000)
        -> Row
    {
        let quoted = connection.incoming()
        func error(from source: String, hops: UInt8, about packet: [UInt8]) -> Packet {
            Packet(
                source: source, destination: connection.server, hops: hops,
                content: .icmp(type: type, code: 3, quoted: Array(packet.prefix(bytes))))
        }
        var original = quoted.arrives
        original.hops = quoted.leaves.hops
        return Row(
            name: name, counter: "forward_icmp", action: .redirect,
            frame: error(from: reporter, hops: 50, about: quoted.leaves.bytes).fromClient(),
            leaves: error(from: connection.router, hops: 49, about: original.bytes).toUpstream(),
            arrange: connection.open)
    }
    let short = [28, 29, 36, 38, 40].flatMap { bytes in
        [
            outside("outside, \(bytes) bytes of TCP", tcp, bytes: bytes),
            outside("outside, \(bytes) bytes of UDP", udp, bytes: bytes),
            inside("inside, \(bytes) bytes of TCP", tcp, from: "192.168.1.10", bytes: bytes),
        ]
    }
    return short + [
        outside("fragmentation needed", tcp), outside("port unreachable", udp, code: 3),
        outside("time exceeded", tcp, type: 11, code: 0), outside("parameter problem", tcp, type: 12, code: 0),
        outside("source quench", udp, type: 4, code: 0),
        outside("options in the error", tcp, options: [1, 1, 1, 0]),
        outside("options in the quoted packet", tcp) { $0.options = [7, 7, 4, 0, 0, 0, 0, 0] },
        outside("quoted first fragment", tcp) { $0.fragment = 0x2000 },
        outside("quoted UDP without checksum", udp) { $0.setPayload([1, 2], hasChecksum: false) },
        inside("from the client", udp, from: "192.168.1.10"),
        inside("from a router inside", tcp, from: "192.168.1.77", type: 11),
    ] + otherErrorRows
}()

private let otherErrorRows: [Row] = {
    let tcp = Connection()
    func row(
        _ name: String, _ counter: String, from source: String = "192.0.2.1", to destination: String = "203.0.113.7",
        card: String = "out0", hops: UInt8 = 50, about quoted: [UInt8],
        arrange: @escaping @Sendable (SteeringMaps) throws -> Void = { _ in }
    ) -> Row {
        let error = Packet(
            source: source, destination: destination, hops: hops, content: .icmp(type: 3, quoted: quoted))
        return Row(
            name: name, counter: counter, action: counter.hasPrefix("pass") ? .pass : .redirect,
            frame: card == "out0" ? error.fromUpstream() : error.fromClient(), card: card, arrange: arrange)
    }
    func about(_ packet: Packet, _ name: String, _ arrange: @escaping @Sendable (SteeringMaps) throws -> Void) -> Row {
        let isOut = packet.source == phone.router
        return row(
            name, "steer_icmp", from: isOut ? "192.0.2.1" : "192.168.1.10", to: isOut ? phone.router : phone.server,
            card: isOut ? "out0" : "in0", about: packet.bytes, arrange: arrange)
    }
    func control(_ source: String, _ from: UInt16, _ destination: String, _ to: UInt16) -> [UInt8] {
        Packet(source: source, destination: destination, content: .tcp(from: from, to: to)).bytes
    }
    let quoted = tcp.outgoing().leaves
    var fragment = quoted
    var foreign = quoted
    fragment.fragment = 100
    foreign.content = .other(47, Array(repeating: 0, count: 20))
    let away = Connection(client: "192.168.1.99")
    return [
        row(
            "about a control conversation, from outside", "steer_icmp",
            about: control("203.0.113.7", 33000, "198.51.100.21", 21)),
        row(
            "about a control conversation, from inside", "steer_icmp", from: "192.168.1.10", to: "198.51.100.21",
            card: "in0",
            about: control("198.51.100.21", 21, "192.168.1.10", 50000)),
        row(
            "about a conversation with the router's own FTP", "pass_other", from: "192.168.1.10", to: "192.168.1.1",
            card: "in0",
            about: control("192.168.1.1", 21, "192.168.1.10", 50000)),
        row(
            "about a connection of the kernel's", "pass_other",
            about: control("203.0.113.7", 30000, "198.51.100.21", 21)),
        about(phone.outgoing().leaves, "about a binding's message", phone.bind),
        about(phone.incoming().leaves, "about a message to a phone, of a worker's flow", phone.steer),
        row("about nothing known", "pass_other", about: quoted.bytes),
        row("about a later fragment", "pass_other", about: fragment.bytes, arrange: tcp.open),
        row("about another protocol", "pass_other", about: foreign.bytes, arrange: tcp.open),
        row("about 27 bytes", "pass_short", about: Array(quoted.bytes.prefix(27)), arrange: tcp.open),
        row("about nothing", "pass_short", about: [], arrange: tcp.open),
        row("about IP version 6", "pass_short", about: [0x65] + quoted.bytes.dropFirst(), arrange: tcp.open),
        row("TTL 1", "steer_expiring", hops: 1, about: quoted.bytes, arrange: tcp.open),
        row(
            "to a client without neighbour entry", "steer_neighbour", about: away.outgoing().leaves.bytes,
            arrange: away.open),
    ]
}()
