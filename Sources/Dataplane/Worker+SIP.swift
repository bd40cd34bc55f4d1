import CSteering
import Rewriting
import Steering
import WireFormats
import XDPSockets

/// SIP over UDP: datagrams between the sockets and the gateway.
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
}
