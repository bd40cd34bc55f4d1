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
        return maps.tables.isBinding(datagram.destination.port) || sipServices[Int(datagram.source.port)]
    }

    /// Works on a datagram, or hands it over to its owner. The frame is the caller's no longer.
    @_semantics("no_performance_analysis")
    mutating func receiveSIP(
        _ bytes: borrowing RawSpan, _ datagram: UDPPacket, from side: Side, _ frame: Frame, socket: Int
    ) {
        let owner = owner(of: datagram.source.address, datagram.destination.port, from: side)
        if owner != sockets.worker {
            sockets.handOver(frame, socket: socket, to: owner)
            return
        }
        if side == .outside, !sipServices[Int(datagram.source.port)] { steer(datagram) }
        gateway.sip.receive(copy bytes, datagram, from: side, now: now)
        sendSIP()
        sockets.release(frame)
    }

    /// Whose a datagram is: of the host's owner from inside, of the public port's from outside; anyone's if it has none.
    @_noLocks
    private func owner(of source: IPv4Address, _ port: UInt16, from side: Side) -> Int {
        if side == .inside { return ownership.owner(of: source) }
        return ownership.owner(of: port) ?? sockets.worker
    }

    /// Works on a fragment of a datagram, or hands it over to the datagram's owner, as only the first one tells who that
    /// is. The frame is the caller's no longer.
    @_semantics("no_performance_analysis")
    mutating func receiveFragment(
        _ bytes: borrowing RawSpan, _ packet: IPv4Packet, from side: Side, _ frame: Frame, socket: Int
    ) {
        let key = Reassembly.Key(packet, bytes)
        if bytes.number16(at: packet.offset + 6) & 0x1fff == 0, packet.payload.count >= 8 {
            let port = bytes.number16(at: packet.payload.lowerBound + 2)
            guard reassembly.begin(key, owner: owner(of: packet.source, port, from: side), now: now) else {
                gateway.sip.count(.dropSIPFragment)
                return sockets.release(frame)
            }
        }
        guard let owner = reassembly.owner(of: key, now: now), owner == sockets.worker else {
            if let owner = reassembly.owner(of: key, now: now) {
                sockets.handOver(frame, socket: socket, to: owner)
            } else {
                gateway.sip.count(.dropSIPFragment)
                sockets.release(frame)
            }
            return
        }
        switch reassembly.add(key, packet, bytes, now: now) {
        case .waits: gateway.sip.count(.sipFragments)
        case .lost: gateway.sip.count(.dropSIPFragment)
        case .complete(let slot):
            gateway.sip.count(.sipFragments)
            receiveWhole(slot, from: side)
        }
        sockets.release(frame)
    }

    /// Works on a datagram that has come in fragments.
    @_semantics("no_performance_analysis")
    private mutating func receiveWhole(_ slot: Int, from side: Side) {
        // Safe: the slot's memory stays as it is until it is released below.
        let bytes = unsafe _overrideLifetime(reassembly.frame(slot), copying: ())
        if let packet = IPv4Packet(bytes), let datagram = UDPPacket(packet, bytes), isSIP(datagram, from: side) {
            if side == .outside, !sipServices[Int(datagram.source.port)] { steer(datagram) }
            gateway.sip.receive(bytes, datagram, from: side, now: now)
            sendSIP()
        } else {
            gateway.sip.count(.dropSIPFragment)
        }
        reassembly.release(slot)
    }

    /// Has what an inside host answers to a peer of an odd port brought to the workers.
    @_semantics("no_performance_analysis")
    private mutating func steer(_ datagram: UDPPacket) {
        guard let inside = gateway.sip.inside(of: datagram.destination) else { return }
        switch peers.hear(inside, datagram.source, now: now) {
        case .known: break
        case .full: gateway.sip.count(.sipPeersFull)
        case .new:
            maps.filter.add(near: inside.address.bigEndian, far: datagram.source.address.bigEndian)
            let flow = steering_flow(ofWorkersFor: 0, tick: tick)
            if !maps.flows.insert(steering_tuple(from: inside, to: datagram.source, side: .inside), flow) {
                gateway.sip.count(.sipPeersFull)
            }
        }
    }

    /// Takes back what `steer` has done for peers that have fallen silent: for as long as a binding lasts, and longer.
    mutating func forgetPeers() {
        while let pair = peers.expire(now: now, after: 2 * gateway.sip.settings.binding) {
            maps.flows.remove(steering_tuple(from: pair.inside, to: pair.peer, side: .inside))
            maps.filter.remove(near: pair.inside.address.bigEndian, far: pair.peer.address.bigEndian)
        }
    }

    /// Carries out the requests, and then sends the datagrams: media may come at once.
    @_noLocks
    mutating func sendSIP() {
        var place = 0
        while place < gateway.sip.requestCount { place = carryOut(from: place) }
        for place in 0..<gateway.sip.outboxCount { send(gateway.sip.outgoing(place)) }
        gateway.sip.clear()
    }

    /// Exempt from `@_noLocks` because it holds a span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis")
    private mutating func send(_ datagram: OutgoingDatagram) {
        // Until the way is known, what fits into every link.
        var room = min(sockets.frameSize - Int(Frame.headroom), smallestMTU)
        if case .ready(_, _, let mtu) = hops.find(datagram.destination.address, now: now) {
            room = min(sockets.frameSize - Int(Frame.headroom), mtu)
        }
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

    /// Carries out the request at a place, and with it those behind it that open or close flows as well: a batch of them
    /// costs one system call. Where the next request stands.
    ///
    /// Exempt from `@_noLocks`: a few system calls for each call, and one now and then while it lasts.
    @_semantics("no_performance_analysis")
    private mutating func carryOut(from place: Int) -> Int {
        let request = gateway.sip.request(place)
        switch request.kind {
        case .bind: maps.tables.setBinding(request.port, true)
        case .unbind: maps.tables.setBinding(request.port, false)
        case .open: return open(from: place)
        case .close: return close(from: place)
        case .observe: observe(request.leg, request.slot)
        case .listen: maps.tables.setContact(request.port, true)
        case .unlisten: maps.tables.setContact(request.port, false)
        case .accept: accept(request.leg)
        case .forget: forget(request.leg)
        }
        return place + 1
    }

    /// The filter knows of the flows before they are there, and until they have gone.
    @_semantics("no_performance_analysis")
    private mutating func open(from first: Int) -> Int {
        let limit = min(gateway.sip.requestCount, first + FlowBatch.pairs)
        var end = first
        while end < limit, case .open = gateway.sip.request(end).kind {
            let request = gateway.sip.request(end)
            maps.filter.add(request.leg)
            append(request.leg, request.slot)
            end += 1
        }
        let there = flows.insert(into: maps.flows)
        // The map is full: what is not there whole is not there at all.
        if there % 2 == 1 { maps.flows.remove(FlowPair(gateway.sip.request(first + there / 2).leg).forward) }
        for place in first..<end {
            if place < first + there / 2 {
                gateway.sip.count(.mediaOpened)
            } else {
                maps.filter.remove(gateway.sip.request(place).leg)
                gateway.sip.count(.mediaFull)
            }
        }
        return end
    }

    /// Puts both flows of a leg into the batch.
    @_semantics("no_performance_analysis")
    private mutating func append(_ leg: MediaLeg, _ slot: Int) {
        var (outward, inward): (Int?, Int?) = (nil, nil)
        if !leg.isControl {
            let first = 2 * (sockets.worker * gateway.sip.mediaCapacity + slot)
            (outward, inward) = (first, first + 1)
            maps.streams.reset(first, clockRate: leg.clockRate)
            maps.streams.reset(first + 1, clockRate: leg.clockRate)
        }
        let pair = FlowPair(leg)
        flows.append(
            pair.forward,
            steering_flow(
                leaves: steering_translation(from: leg.translated, to: leg.outside), conversation: leg.call, tick: tick,
                stream: outward))
        flows.append(
            pair.reverse,
            steering_flow(
                leaves: steering_translation(from: leg.outside, to: leg.inside), conversation: leg.call, tick: tick,
                stream: inward))
    }

    @_semantics("no_performance_analysis")
    private mutating func close(from first: Int) -> Int {
        let limit = min(gateway.sip.requestCount, first + FlowBatch.pairs)
        var end = first
        // A bit for each leg whose flows the map has.
        var isOwn: UInt32 = 0
        while end < limit, case .close = gateway.sip.request(end).kind {
            let leg = gateway.sip.request(end).leg
            let pair = FlowPair(leg)
            var flow = steering_flow()
            let isThere = maps.flows.lookup(pair.forward, into: &flow)
            if isThere, flow.leaves.source_port == leg.translated.port.bigEndian {
                flows.append(pair.forward)
                flows.append(pair.reverse)
                isOwn |= 1 << UInt32(end - first)
            } else if isThere, maps.flows.remove(pair.reverse) {
                // A newer leg between the same ends has taken its place in the other direction.
                maps.filter.remove(leg)
            }
            end += 1
        }
        flows.remove(from: maps.flows)
        for place in first..<end {
            if isOwn >> UInt32(place - first) & 1 == 1 { maps.filter.remove(gateway.sip.request(place).leg) }
            gateway.sip.count(.mediaClosed)
        }
        return end
    }

    /// Has both directions of a connection that an outside end opens brought to the workers, whatever its ports.
    @_semantics("no_performance_analysis")
    private mutating func accept(_ connection: MediaLeg) {
        let pair = FlowPair(connection, isTCP: true)
        let flow = steering_flow(ofWorkersFor: 0, tick: tick)
        maps.filter.add(connection)
        if !maps.flows.insert(pair.forward, flow) || !maps.flows.insert(pair.reverse, flow) {
            gateway.sip.count(.sipPeersFull)
        }
    }

    @_semantics("no_performance_analysis")
    private mutating func forget(_ connection: MediaLeg) {
        let pair = FlowPair(connection, isTCP: true)
        maps.flows.remove(pair.forward)
        maps.flows.remove(pair.reverse)
        maps.filter.remove(connection)
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
    /// The flows of a leg, or of a TCP connection between such ends: what the inside end sends, and what comes to its
    /// public endpoint.
    @_noLocks
    public init(_ leg: MediaLeg, isTCP: Bool = false) {
        self.init(
            forward: steering_tuple(from: leg.inside, to: leg.outside, side: .inside, isTCP: isTCP),
            reverse: steering_tuple(from: leg.outside, to: leg.translated, side: .outside, isTCP: isTCP))
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
    /// The key of UDP packets, or TCP segments, between two endpoints, as they arrive on a side.
    @_noLocks
    fileprivate init(from source: Endpoint, to destination: Endpoint, side: Side, isTCP: Bool = false) {
        self.init()
        self.source = source.address.bigEndian
        self.destination = destination.address.bigEndian
        source_port = source.port.bigEndian
        destination_port = destination.port.bigEndian
        `protocol` = isTCP ? 6 : 17
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
