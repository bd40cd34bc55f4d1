import CSteering
import Rewriting
import Steering
import WireFormats
import XDPSockets

/// SIP over UDP: datagrams between the sockets and the gateway, and its media in the maps of the XDP program.
extension Worker {
    /// Whether a datagram is signalling: it goes to a service, or it comes from one or to a binding. Media that XDP could
    /// not send by itself are none.
    @_noLocks
    func isSIP(_ datagram: UDPPacket, from side: Side) -> Bool {
        if side == .inside {
            return sipServices[Int(datagram.destination.port)] || gateway.sip.hasBinding(datagram.source)
        }
        return gateway.sip.isBinding(datagram.destination) || sipServices[Int(datagram.source.port)]
    }

    /// Works on a datagram, or hands it over to its owner. The frame is the caller's no longer.
    @_semantics("no_performance_analysis")
    mutating func receiveSIP(
        _ bytes: borrowing RawSpan, _ datagram: UDPPacket, from side: Side, _ frame: Frame, socket: Int
    ) {
        let owner =
            side == .inside
            ? ownership.owner(of: datagram.source.address) : ownership.owner(of: datagram.destination.port)
        if let owner, owner != sockets.worker {
            sockets.handOver(frame, socket: socket, to: owner)
            return
        }
        gateway.sip.receive(copy bytes, datagram, from: side, now: now)
        sendSIP()
        sockets.release(frame)
    }

    /// Carries out the requests, and then sends the datagrams: media may come at once.
    @_noLocks
    mutating func sendSIP() {
        for place in 0..<gateway.sip.requestCount { carryOut(gateway.sip.request(place)) }
        for place in 0..<gateway.sip.outboxCount { send(gateway.sip.outgoing(place)) }
        gateway.sip.clear()
    }

    /// Exempt from `@_noLocks` because it holds a span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis")
    private mutating func send(_ datagram: OutgoingDatagram) {
        var room = sockets.frameSize - Int(Frame.headroom)
        if case .ready(_, _, let mtu) = hops.find(datagram.destination.address, now: now) { room = min(room, mtu) }
        identification &+= 1
        var position: Int? = 0
        while let start = position {
            guard var frame = sockets.allocate() else { return gateway.count(.dropNoFrame) }
            var bytes = unsafe self.room(frame)
            let part = gateway.sip.write(
                datagram, from: start, room: room, identification: identification, into: &bytes, at: 0)
            frame.length = UInt16(truncatingIfNeeded: part.length)
            send(frame, to: datagram.destination.address)
            position = part.next
        }
    }

    // MARK: Maps

    /// Exempt from `@_noLocks`: some system calls for each media flow, and one now and then while it lasts.
    @_semantics("no_performance_analysis")
    private mutating func carryOut(_ request: SIPRequest) {
        let leg = request.leg
        switch request.kind {
        case .bind: maps.tables.setBinding(request.port, true)
        case .unbind: maps.tables.setBinding(request.port, false)
        case .open: open(leg, request.slot)
        case .close:
            close(leg)
            gateway.sip.count(.mediaClosed)
        case .observe: observe(leg, request.slot)
        }
    }

    /// The filter knows of the flows before they are there, and until they have gone.
    @_semantics("no_performance_analysis")
    private mutating func open(_ leg: MediaLeg, _ slot: Int) {
        maps.filter.add(leg)
        var (outward, inward): (Int?, Int?) = (nil, nil)
        if !leg.isControl {
            let first = 2 * (sockets.worker * gateway.sip.mediaCapacity + slot)
            (outward, inward) = (first, first + 1)
            maps.streams.reset(first, clockRate: leg.clockRate)
            maps.streams.reset(first + 1, clockRate: leg.clockRate)
        }
        let isThere = maps.flows.insert(
            FlowPair(leg),
            forward: steering_flow(
                leaves: steering_translation(from: leg.translated, to: leg.outside), conversation: leg.call, tick: tick,
                stream: outward),
            reverse: steering_flow(
                leaves: steering_translation(from: leg.outside, to: leg.inside), conversation: leg.call, tick: tick,
                stream: inward))
        if isThere {
            gateway.sip.count(.mediaOpened)
        } else {
            maps.filter.remove(leg)
            gateway.sip.count(.mediaFull)
        }
    }

    @_semantics("no_performance_analysis")
    private mutating func close(_ leg: MediaLeg) {
        var flow = steering_flow()
        let pair = FlowPair(leg)
        // Without it there was no room for it, or a newer leg between the same ends has taken its place.
        guard maps.flows.lookup(pair.forward, into: &flow), flow.leaves.source_port == leg.translated.port.bigEndian
        else {
            return
        }
        maps.flows.remove(pair)
        maps.filter.remove(leg)
    }

    @_semantics("no_performance_analysis")
    private mutating func observe(_ leg: MediaLeg, _ slot: Int) {
        let pair = FlowPair(leg)
        var forward = steering_flow()
        var reverse = steering_flow()
        guard maps.flows.lookup(pair.forward, into: &forward), maps.flows.lookup(pair.reverse, into: &reverse) else {
            return
        }
        let seen = max(forward.last_seen, reverse.last_seen)
        gateway.sip.legObserved(slot, number: leg.number, lastSeen: UInt64(seen) * 1_000_000_000)
    }
}

extension FlowPair {
    /// The flows of a leg: what the inside end sends, and what comes to its public endpoint.
    @_noLocks
    public init(_ leg: MediaLeg) {
        self.init(
            forward: steering_tuple(from: leg.inside, to: leg.outside, side: .inside),
            reverse: steering_tuple(from: leg.outside, to: leg.translated, side: .outside))
    }
}

extension Filter {
    /// As for a data connection.
    @_noLocks
    fileprivate func add(_ leg: MediaLeg) {
        add(near: leg.inside.address.bigEndian, far: leg.outside.address.bigEndian)
        add(near: leg.translated.address.bigEndian, far: leg.outside.address.bigEndian)
    }

    @_noLocks
    fileprivate func remove(_ leg: MediaLeg) {
        remove(near: leg.inside.address.bigEndian, far: leg.outside.address.bigEndian)
        remove(near: leg.translated.address.bigEndian, far: leg.outside.address.bigEndian)
    }
}

extension steering_tuple {
    /// The key of UDP packets between two endpoints, as they arrive on a side.
    @_noLocks
    fileprivate init(from source: Endpoint, to destination: Endpoint, side: Side) {
        self.init()
        self.source = source.address.bigEndian
        self.destination = destination.address.bigEndian
        source_port = source.port.bigEndian
        destination_port = destination.port.bigEndian
        `protocol` = 17
        self.side = side.rawValue
    }
}

extension steering_translation {
    /// How UDP packets leave.
    @_noLocks
    fileprivate init(from source: Endpoint, to destination: Endpoint) {
        self.init()
        self.source = source.address.bigEndian
        self.destination = destination.address.bigEndian
        source_port = source.port.bigEndian
        destination_port = destination.port.bigEndian
    }
}
