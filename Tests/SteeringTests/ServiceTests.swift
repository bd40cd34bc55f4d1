/// Control conversations go to the worker as they are.
let serviceRows: [Row] = {
    func row(_ name: String, _ packet: Packet, _ tags: Frame.Tag..., fromOutside: Bool = false) -> Row {
        let (to, from) =
            fromOutside
            ? (Router.outsideStation, Station.upstream) : (Router.insideStation, Station.client)
        let frame = Frame(destination: to, source: from, tags: tags, packet: packet)
        return Row(
            name: name, counter: "steer_service", action: .redirect, frame: frame.bytes,
            card: fromOutside ? "out0" : "in0")
    }
    func packet(_ source: String, _ destination: String, _ content: Packet.Content) -> Packet {
        Packet(source: source, destination: destination, content: content)
    }
    let control = packet("192.168.1.10", "198.51.100.21", .tcp(from: 50000, to: 21))
    let answer = packet("198.51.100.21", "203.0.113.7", .tcp(from: 21, to: 33000))
    var optional = control
    optional.options = [7, 7, 4, 0, 0, 0, 0, 0]
    var extended = packet("fd00:1::10", "2001:db8::21", .tcp(from: 50000, to: 21))
    extended.extensions = [
        .init(number: 0), .init(number: 43), .init(number: 60, body: Array(repeating: 0, count: 14)),
    ]
    return [
        row("FTP", control),
        row("FTP with options", optional),
        row("FTP with one tag", control, .init(vlan: 10)),
        row("FTP with one tag and a priority", control, .init(vlan: 0xa00a)),
        row("FTP with two tags", control, .init(protocolType: 0x88a8, vlan: 40), .init(vlan: 41)),
        row("FTP answer", answer, fromOutside: true),
        row(
            "FTP answer to the block's first port", packet("198.51.100.21", "203.0.113.7", .tcp(from: 21, to: 32768)),
            fromOutside: true),
        row(
            "FTP answer to the block's last port", packet("198.51.100.21", "203.0.113.7", .tcp(from: 21, to: 65535)),
            fromOutside: true),
        row("FTP over IPv6", packet("fd00:1::10", "2001:db8::21", .tcp(from: 50000, to: 21))),
        row("FTP over IPv6 with extension headers", extended),
        row("FTP answer over IPv6", packet("2001:db8::21", "fd00:1::10", .tcp(from: 21, to: 50000)), fromOutside: true),
        row("SIP", packet("192.168.1.10", "198.51.100.21", .udp(from: 5060, to: 5060))),
        row("SIP over IPv6", packet("fd00:1::10", "2001:db8::21", .udp(from: 5060, to: 5060))),
        Row(name: "service without a socket", counter: "drop_down", action: .drop, frame: control.fromClient()) {
            $0.sockets.remove(0)
        },
    ]
}()
