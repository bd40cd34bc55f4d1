import CSteering
import Steering

/// What is not the gateway's business leaves the program as it came.
let passRows: [Row] = {
    let request = Packet(source: "192.168.1.10", destination: "198.51.100.21", content: .tcp(from: 50000, to: 80))
    let control = Packet(source: "192.168.1.10", destination: "198.51.100.21", content: .tcp(from: 50000, to: 21))
    func row(
        _ name: String, _ counter: String, _ frame: [UInt8], card: String = "in0",
        arrange: @escaping @Sendable (SteeringMaps) throws -> Void = { _ in }
    ) -> Row {
        Row(name: name, counter: counter, action: .pass, frame: frame, card: card, arrange: arrange)
    }
    func changed(_ frame: [UInt8], _ index: Int, _ value: UInt8) -> [UInt8] {
        var frame = frame
        frame[index] = value
        return frame
    }
    func reached(_ source: String, _ destination: String, _ content: Packet.Content) -> [UInt8] {
        Packet(source: source, destination: destination, content: content).fromUpstream()
    }
    func inside(_ destination: String, _ content: Packet.Content) -> [UInt8] {
        let source = destination.contains(":") ? "fd00:1::10" : "192.168.1.10"
        return Packet(source: source, destination: destination, content: content).fromClient()
    }
    func extended(_ headers: [UInt8]) -> [UInt8] {
        Packet(
            source: "fd00:1::10", destination: "2001:db8::21", extensions: headers.map { .init(number: $0) },
            content: .tcp(from: 50000, to: 21)
        ).fromClient()
    }
    let short = control.fromClient()
    return [
        row("another port", "pass_other", request.fromClient()),
        row("service over the other protocol", "pass_other", inside("198.51.100.21", .udp(from: 50000, to: 21))),
        row(
            "service port as the source", "pass_other", inside("198.51.100.21", .tcp(from: 21, to: 50000))),
        row(
            "server's port, from outside", "pass_other",
            reached("198.51.100.21", "203.0.113.7", .tcp(from: 33000, to: 21)), card: "out0"),
        row(
            "answer below the block", "pass_other", reached("198.51.100.21", "203.0.113.7", .tcp(from: 21, to: 32767)),
            card: "out0"),
        row(
            "answer to an address that is not NAT's", "pass_other",
            reached("198.51.100.21", "203.0.113.8", .tcp(from: 21, to: 33000)), card: "out0"),
        row(
            "pinhole's port from source port 0", "pass_other",
            inside("198.51.100.21", .tcp(from: 0, to: 40000, flags: 2))
        ) {
            try Connection().expectClient($0)
        },

        row("tag of no link", "pass_link", control.fromClient(.init(vlan: 11))),
        row("one tag of a link with two", "pass_link", control.fromClient(.init(protocolType: 0x88a8, vlan: 40))),
        row("two tags in the wrong order", "pass_link", control.fromClient(.init(vlan: 41), .init(vlan: 40))),
        row("card of no link", "pass_link", control.fromClient()) {
            $0.removeLink(steering_link_key(ifindex: index("in0"), vlan: (0, 0)))
        },

        row("broadcast", "pass_ethernet", Frame(destination: Station.broadcast, packet: control).bytes),
        row("multicast", "pass_ethernet", Frame(destination: [1, 0, 0x5e, 0, 0, 1], packet: control).bytes),
        row("another station", "pass_ethernet", Frame(destination: Station.stranger, packet: control).bytes),

        row("ARP", "pass_protocol", changed(changed(control.fromClient(), 12, 8), 13, 6)),
        row("three tags", "pass_protocol", control.fromClient(.init(vlan: 40), .init(vlan: 41), .init(vlan: 42))),
        row("GRE", "pass_protocol", inside("198.51.100.21", .other(47, [0, 0, 8, 0]))),
        row("echo request", "pass_protocol", inside("198.51.100.21", .icmp(type: 8, quoted: [1, 2, 3]))),
        row("ICMPv6", "pass_protocol", inside("2001:db8::21", .other(58, [1, 0, 0, 0, 0, 0, 0, 0]))),
        row("protocol 1 over IPv6", "pass_protocol", inside("2001:db8::21", .other(1, [3, 0, 0, 0, 0, 0, 0, 0]))),
        row("ESP", "pass_protocol", inside("2001:db8::21", .other(50, [0, 0, 0, 0, 0, 0, 0, 0]))),
        row("nine extension headers", "pass_protocol", extended([0, 60, 60, 60, 60, 60, 60, 60, 60])),

        row("IP version 5", "pass_short", changed(short, 14, 0x55)),
        row("IP header of 16 bytes", "pass_short", changed(short, 14, 0x44)),
        row("options past the packet's end", "pass_short", changed(short, 14, 0x4f)),
        row("length above the frame's", "pass_short", changed(short, 16, 1)),
        row("length below the TCP header's", "pass_short", changed(short, 17, 39)),
        row("IPv6 version 4", "pass_short", changed(extended([]), 14, 0x40)),
        row("IPv6 length above the frame's", "pass_short", changed(extended([]), 18, 1)),
        row("extension header past the end", "pass_short", changed(extended([0]), 55, 9)),

        row(
            "first fragment", "pass_fragment",
            Packet(
                source: "192.168.1.10", destination: "198.51.100.21", fragment: 0x2000,
                content: .tcp(from: 50000, to: 21)
            ).fromClient()),
        row(
            "last fragment", "pass_fragment",
            Packet(
                source: "192.168.1.10", destination: "198.51.100.21", fragment: 100, content: .tcp(from: 50000, to: 21)
            ).fromClient()),
        row("IPv6 fragment", "pass_fragment", extended([44])),
        row("IPv6 fragment behind options", "pass_fragment", extended([0, 60, 44])),

        row("FTP to another inside host", "pass_elsewhere", inside("192.168.1.99", .tcp(from: 50000, to: 21))),
        row(
            "FTP whose time to live ends here", "pass_elsewhere",
            Packet(source: "192.168.1.10", destination: "198.51.100.21", hops: 1, content: .tcp(from: 50000, to: 21))
                .fromClient()),
        row("the router's own FTP", "pass_local", inside("192.168.1.1", .tcp(from: 50000, to: 21))),
        row(
            "the router's own FTP by its public address", "pass_local", inside("203.0.113.7", .tcp(from: 50000, to: 21))
        ),
        row("the router's own FTP over IPv6", "pass_local", inside("fd00:1::1", .tcp(from: 50000, to: 21))),
        row(
            "the router as an FTP client over IPv6", "pass_local",
            reached("2001:db8::21", "fd00:2::1", .tcp(from: 21, to: 50000)), card: "out0"),

        row("service without a socket, when down: pass", "pass_down", control.fromClient()) {
            $0.settings.passesWhenDown = true
            $0.sockets.remove(0)
        },
        row("service on a queue without a worker, when down: pass", "pass_down", control.fromClient()) {
            $0.settings.passesWhenDown = true
            let key = steering_link_key(ifindex: index("in0"), vlan: (0, 0))
            var link = $0.link(key)!
            link.sockets = 0
            try $0.setLink(key, to: link)
        },
    ]
}()
