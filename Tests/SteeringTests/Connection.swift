import CSteering
import Steering

/// A data connection between the client and a server, as its packets look on either side of the router.
struct Connection: Sendable {
    var client = "192.168.1.10"
    var clientPort: UInt16 = 50000
    var server = "198.51.100.21"
    var serverPort: UInt16 = 40000
    var router = "203.0.113.7"
    var routerPort: UInt16 = 33000
    var isTCP = true

    /// One that is not translated, between IPv6 hosts.
    static let untranslated = Connection(
        client: "fd00:1::10", server: "2001:db8::21", router: "fd00:1::10", routerPort: 50000)

    var fromInside: steering_tuple {
        steering_tuple(STEERING_INSIDE, client, clientPort, server, serverPort, tcp: isTCP)
    }
    var fromOutside: steering_tuple {
        steering_tuple(STEERING_OUTSIDE, server, serverPort, router, routerPort, tcp: isTCP)
    }
    var toOutside: steering_translation { steering_translation(router, routerPort, server, serverPort) }
    var toInside: steering_translation { steering_translation(server, serverPort, client, clientPort) }

    var isIPv6: Bool { client.contains(":") }

    /// The keys of the flows, when they are IPv6.
    var fromInside6: steering_tuple6 {
        steering_tuple6(STEERING_INSIDE, client, clientPort, server, serverPort, tcp: isTCP)
    }
    var fromOutside6: steering_tuple6 {
        steering_tuple6(STEERING_OUTSIDE, server, serverPort, router, routerPort, tcp: isTCP)
    }

    /// Tells the filter.
    func announce(_ filter: Filter) {
        let (client, server) = (steering_address(client), steering_address(server))
        if isIPv6 {
            filter.add(near: client, far: server)
        } else {
            filter.add(near: client.word.0, far: server.word.0)
            filter.add(near: steering_address(router).word.0, far: server.word.0)
        }
    }

    /// Takes that back.
    func forget(_ filter: Filter) {
        let (client, server) = (steering_address(client), steering_address(server))
        if isIPv6 {
            filter.remove(near: client, far: server)
        } else {
            filter.remove(near: client.word.0, far: server.word.0)
            filter.remove(near: steering_address(router).word.0, far: server.word.0)
        }
    }

    /// Puts both flows into the table, as if the last packet had come a while ago.
    @Sendable func open(_ maps: SteeringMaps) throws {
        announce(maps.filter)
        if isIPv6 {
            try maps.flows6.set(fromInside6, to: flow(steering_translation()))
            try maps.flows6.set(fromOutside6, to: flow(steering_translation()))
        } else {
            try maps.flows.set(fromInside, to: flow(toOutside))
            try maps.flows.set(fromOutside, to: flow(toInside))
        }
    }

    private func flow(_ leaves: steering_translation) -> steering_flow {
        steering_flow(
            leaves: leaves, conversation: 7, last_seen: Router.tick - 5, flags: 0, packets: 10, bytes: 1000,
            hop: steering_hop())
    }

    /// A packet of the client's, before and behind the router.
    func outgoing(hops: UInt8 = 64, _ change: (inout Packet) -> Void = { _ in }) -> (arrives: Packet, leaves: Packet) {
        var arrives = Packet(
            source: client, destination: server, hops: hops, content: content(from: clientPort, to: serverPort))
        var leaves = Packet(
            source: router, destination: server, hops: hops &- 1, content: content(from: routerPort, to: serverPort))
        change(&arrives)
        change(&leaves)
        return (arrives, leaves)
    }

    /// A packet of the server's, before and behind the router.
    func incoming(hops: UInt8 = 64, _ change: (inout Packet) -> Void = { _ in }) -> (arrives: Packet, leaves: Packet) {
        var arrives = Packet(
            source: server, destination: router, hops: hops, content: content(from: serverPort, to: routerPort))
        var leaves = Packet(
            source: server, destination: client, hops: hops &- 1, content: content(from: serverPort, to: clientPort))
        change(&arrives)
        change(&leaves)
        return (arrives, leaves)
    }

    private func content(from: UInt16, to: UInt16) -> Packet.Content {
        isTCP ? .tcp(from: from, to: to) : .udp(from: from, to: to)
    }
}

extension Packet {
    /// Replaces the TCP flags.
    mutating func setFlags(_ flags: UInt8) {
        guard case .tcp(let from, let to, _, let payload) = content else { return }
        content = .tcp(from: from, to: to, flags: flags, payload: payload)
    }

    /// Replaces what TCP or UDP carries.
    mutating func setPayload(_ payload: [UInt8], hasChecksum: Bool = true) {
        switch content {
        case .tcp(let from, let to, let flags, _): content = .tcp(from: from, to: to, flags: flags, payload: payload)
        case .udp(let from, let to, _, _):
            content = .udp(from: from, to: to, hasChecksum: hasChecksum, payload: payload)
        default: break
        }
    }

    /// The frame in which it arrives from the client.
    func fromClient(_ tags: Frame.Tag...) -> [UInt8] {
        Frame(destination: Router.insideStation, source: Station.client, tags: tags, packet: self).bytes
    }

    /// The frame in which it arrives from outside.
    func fromUpstream(_ tags: Frame.Tag...) -> [UInt8] {
        Frame(destination: Router.outsideStation, source: Station.upstream, tags: tags, packet: self).bytes
    }

    /// The frame in which it leaves to the outside.
    func toUpstream(_ tags: Frame.Tag...) -> [UInt8] {
        Frame(destination: Station.upstream, source: Router.outsideStation, tags: tags, packet: self).bytes
    }

    /// The frame in which it leaves to the client.
    func toClient(_ tags: Frame.Tag...) -> [UInt8] {
        Frame(destination: Station.client, source: Router.insideStation, tags: tags, packet: self).bytes
    }
}
