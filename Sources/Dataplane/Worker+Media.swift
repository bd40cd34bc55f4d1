import CSteering
import Rewriting
import Steering
import WireFormats

/// The media of SIP in the maps of the XDP program: what the gateway asks for there.
extension Worker {
    /// Carries out the request at a place, and with it those behind it that open or close flows as well: a batch of them
    /// costs one system call. Where the next request stands.
    ///
    /// Exempt from `@_noLocks`: a few system calls for each call, and one now and then while it lasts.
    @_semantics("no_performance_analysis")
    mutating func carryOut(from place: Int) -> Int {
        let request = gateway.sip.request(place)
        switch request.kind {
        case .bind: maps.tables.setBinding(request.port, true)
        case .unbind: maps.tables.setBinding(request.port, false)
        case .expect: maps.tables.setAwaited(request.port, true)
        case .ignore: maps.tables.setAwaited(request.port, false)
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
        if case .udp = leg.transport, !leg.isControl {
            let first = 2 * (sockets.worker * gateway.sip.mediaCapacity + slot)
            (outward, inward) = (first, first + 1)
            maps.streams.reset(first, clockRate: leg.clockRate)
            maps.streams.reset(first + 1, clockRate: leg.clockRate)
        }
        let pair = FlowPair(leg)
        // Where the other end is inside, too, its packets come by a leg of its own, and these turn back (RFC 4787 REQ-9).
        let destination = gateway.sip.media(at: leg.outside) ?? leg.outside
        flows.append(
            pair.forward,
            steering_flow(
                leaves: steering_translation(from: leg.translated, to: destination), conversation: leg.call, tick: tick,
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
                if hasReverse(leg, pair) { flows.append(pair.reverse) }
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

    /// Whether what comes from where a leg was latched on to is its own still: an end may be announced there later.
    @_semantics("no_performance_analysis")
    private func hasReverse(_ leg: MediaLeg, _ pair: FlowPair) -> Bool {
        guard leg.latched != leg.outside else { return true }
        var flow = steering_flow()
        return maps.flows.lookup(pair.reverse, into: &flow)
            && Endpoint(flow.leaves.source, flow.leaves.source_port) == leg.outside
    }

    /// Has both directions of a connection that an outside end opens brought to the workers, whatever its ports.
    @_semantics("no_performance_analysis")
    private mutating func accept(_ connection: MediaLeg) {
        let pair = FlowPair(connection)
        let flow = steering_flow(ofWorkersFor: 0, tick: tick)
        maps.filter.add(connection)
        if !maps.flows.insert(pair.forward, flow) || !maps.flows.insert(pair.reverse, flow) {
            gateway.sip.count(.sipPeersFull)
        }
    }

    @_semantics("no_performance_analysis")
    private mutating func forget(_ connection: MediaLeg) {
        let pair = FlowPair(connection)
        maps.flows.remove(pair.forward)
        maps.flows.remove(pair.reverse)
        maps.filter.remove(connection)
    }

    /// Opens flows for a connection that media of a call await, so that they carry its first segment already.
    @_semantics("no_performance_analysis")
    mutating func open(_ segment: TCPPacket, _ bytes: borrowing RawSpan) {
        guard segment.isIntact(bytes), gateway.sip.accept(segment, now: now) else { return }
        sendSIP()
    }

    @_semantics("no_performance_analysis")
    private mutating func observe(_ leg: MediaLeg, _ slot: Int) {
        let pair = FlowPair(leg)
        var forward = steering_flow()
        var reverse = steering_flow()
        guard maps.flows.lookup(pair.forward, into: &forward), maps.flows.lookup(pair.reverse, into: &reverse) else {
            return
        }
        if case .tcp = leg.transport, steering_flow.haveEnded(forward, reverse) {
            gateway.sip.legEnded(slot, number: leg.number)
        }
        if leg.latching.value != 0, reverse.packets > 0 { gateway.sip.legHeard(slot, number: leg.number) }
        let seen = max(forward.last_seen, reverse.last_seen)
        gateway.sip.legObserved(slot, number: leg.number, lastSeen: UInt64(seen) * 1_000_000_000)
    }
}

extension FlowPair {
    /// The flows of a leg: what the inside end sends, and what comes to its public endpoint from where it is latched.
    @_noLocks
    public init(_ leg: MediaLeg) {
        var isTCP = false
        if case .tcp = leg.transport { isTCP = true }
        self.init(
            forward: steering_tuple(from: leg.inside, to: leg.outside, side: .inside, isTCP: isTCP),
            reverse: steering_tuple(from: leg.latched, to: leg.translated, side: .outside, isTCP: isTCP))
    }
}

extension Filter {
    /// As for a data connection.
    @_noLocks
    func add(_ leg: MediaLeg) {
        add(near: leg.inside.address.bigEndian, far: leg.outside.address.bigEndian)
        add(near: leg.translated.address.bigEndian, far: leg.latched.address.bigEndian)
    }

    @_noLocks
    func remove(_ leg: MediaLeg) {
        remove(near: leg.inside.address.bigEndian, far: leg.outside.address.bigEndian)
        remove(near: leg.translated.address.bigEndian, far: leg.latched.address.bigEndian)
    }
}

extension steering_tuple {
    /// The key of UDP packets, or TCP segments, between two endpoints, as they arrive on a side.
    @_noLocks
    init(from source: Endpoint, to destination: Endpoint, side: Side, isTCP: Bool = false) {
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
