import CSteering
import Rewriting
import Steering
import WireFormats
import XDPSockets

/// SIP over UDP: datagrams between the sockets and the gateway.
extension Worker {
    /// Whether a datagram is signalling: it goes to a service, or it comes from one, or to a binding. Media that XDP could
    /// not send by itself are none.
    @_noLocks
    func isSIP(_ datagram: UDPPacket, from side: Side) -> Bool {
        if side == .inside {
            return sipServices[Int(datagram.destination.port)] || gateway.sip.hasBinding(datagram.source)
                || isBinding(datagram.destination) || isSteered(datagram)
        }
        return maps.tables.isBinding(datagram.destination.port) || sipServices[Int(datagram.source.port)]
    }

    /// Whether a host of another worker, which alone knows the host's bindings, speaks to a peer of an odd port: that worker
    /// has told the program, in `steer`.
    @_semantics("no_performance_analysis")
    private func isSteered(_ datagram: UDPPacket) -> Bool {
        guard ownership.owner(of: datagram.source.address) != sockets.worker else { return false }
        var flow = steering_flow()
        let key = steering_tuple(from: datagram.source, to: datagram.destination, side: .inside)
        return maps.flows.lookup(key, into: &flow) && flow.isWorkers
    }

    /// Whether an endpoint is a public one that stands for a phone, whichever worker's it is.
    @_noLocks
    private func isBinding(_ endpoint: Endpoint) -> Bool {
        maps.tables.isBinding(endpoint.port) && gateway.sip.isPublic(endpoint.address)
    }

    /// Works on a datagram, or hands it over to its owner. The frame is the caller's no longer.
    @_semantics("no_performance_analysis")
    mutating func receiveSIP(
        _ bytes: borrowing RawSpan, _ datagram: UDPPacket, from side: Side, _ frame: Frame, socket: Int
    ) {
        let owner = owner(of: datagram.source.address, datagram.destination, from: side)
        if owner != sockets.worker {
            sockets.handOver(frame, socket: socket, to: owner)
            return
        }
        work(copy bytes, datagram, from: side)
        sockets.release(frame)
    }

    /// Works on a datagram of this worker's.
    @_semantics("no_performance_analysis")
    private mutating func work(_ bytes: RawSpan, _ datagram: UDPPacket, from side: Side) {
        if side == .outside, !sipServices[Int(datagram.source.port)], !isBinding(datagram.source) { steer(datagram) }
        gateway.sip.receive(bytes, datagram, from: side, now: now)
        sendSIP(turnsBack: side == .inside)
        // What has been turned back comes from outside, where nothing turns back.
        guard side == .inside else { return }
        for place in 0..<turned.count { receive(turned[place], socket: turned.socket(of: place)) }
        turned.removeAll()
    }

    /// Whose a datagram is: of the host's owner from inside, of the public port's from outside; anyone's if it has none. What
    /// is for a phone that another host has registered is for the worker that its answers come to.
    @_noLocks
    private func owner(of source: IPv4Address, _ destination: Endpoint, from side: Side) -> Int {
        if side == .inside { return ownership.owner(of: source) }
        if let phone = gateway.sip.phone(at: destination) { return ownership.owner(of: phone.address) }
        return ownership.owner(of: destination.port) ?? sockets.worker
    }

    /// Whose an ICMP error about a datagram is; nil if a frame is no such error.
    @_noLocks
    func owner(ofSIPErrorIn bytes: borrowing RawSpan, from side: Side) -> Int? {
        switch gateway.sip.owner(ofErrorIn: bytes, from: side) {
        case nil: nil
        case .host(let address): ownership.owner(of: address)
        case .port(let port): ownership.owner(of: port) ?? sockets.worker
        }
    }

    /// Sends an ICMP error about a datagram of a binding on, or hands it over to its owner. The frame is the caller's no
    /// longer.
    @_semantics("no_performance_analysis")
    mutating func receiveSIPError(
        _ bytes: borrowing RawSpan, from side: Side, _ frame: Frame, socket: Int, owner: Int
    ) {
        if owner != sockets.worker {
            sockets.handOver(frame, socket: socket, to: owner)
            return
        }
        if let error = gateway.sip.translate(errorIn: bytes, from: side) {
            gateway.sip.count(.sipErrors)
            send(error, bytes)
        } else {
            gateway.sip.count(.dropSIPUnknown)
        }
        sockets.release(frame)
    }

    /// Works on a fragment of a datagram. The cards bring all of them to one worker, which puts the datagram together,
    /// whosever it is: that only the first fragment tells, and it may come last.
    @_semantics("no_performance_analysis")
    mutating func receiveFragment(_ bytes: borrowing RawSpan, _ packet: IPv4Packet, link: Int) {
        switch reassembly.add(packet, bytes, now: now) {
        case .waits: gateway.sip.count(.sipFragments)
        case .lost: gateway.sip.count(.dropSIPFragment)
        case .complete(let slot):
            gateway.sip.count(.sipFragments)
            receiveWhole(slot, link: link)
            reassembly.release(slot)
        }
    }

    /// Works on a datagram that has come in fragments, or hands it over to its owner.
    @_semantics("no_performance_analysis")
    private mutating func receiveWhole(_ slot: Int, link: Int) {
        let side = links[link].side
        // Safe: the slot's memory stays as it is until the caller releases it.
        let bytes = unsafe _overrideLifetime(reassembly.frame(slot), copying: ())
        guard let packet = IPv4Packet(bytes), let datagram = UDPPacket(packet, bytes), isSIP(datagram, from: side)
        else {
            return gateway.sip.count(.dropSIPFragment)
        }
        let owner = owner(of: datagram.source.address, datagram.destination, from: side)
        if owner == sockets.worker {
            work(bytes, datagram, from: side)
        } else {
            handOver(datagram, bytes, link: link, to: owner)
        }
    }

    /// Hands a datagram over in fragments, because no frame may hold it, in order, as if they had come by the link.
    @_semantics("no_performance_analysis")
    private mutating func handOver(_ datagram: UDPPacket, _ bytes: RawSpan, link: Int, to owner: Int) {
        // Each fragment gets checksums of its own, which must not make a corrupt datagram a right one.
        guard datagram.isIntact(bytes) else { return gateway.sip.count(.dropSIPChecksum) }
        let identification = bytes.number16(at: datagram.network + 4)
        var position: Int? = 0
        while let start = position {
            guard var frame = sockets.allocate() else { return gateway.count(.dropNoFrame) }
            var room = unsafe self.room(frame)
            let part = DatagramWriter.write(
                OutgoingDatagram(datagram), bytes.extracting(datagram.payload), from: start, room: room.byteCount,
                identification: identification, into: &room, at: 0)
            frame.length = UInt16(truncatingIfNeeded: part.length)
            sockets.handOver(arriving(frame, link: link), socket: links[link].firstSocket, to: owner)
            position = part.next
        }
    }

    /// The frame of a packet that starts its own, as if it had come by a link.
    @_semantics("no_performance_analysis")
    private mutating func arriving(_ packet: Frame, link: Int) -> Frame {
        let link = links[link]
        var whole = packet
        whole.start -= UInt16(link.headerLength)
        whole.length += UInt16(link.headerLength)
        var bytes = sockets.bytes(of: whole)
        link.writeHeader(to: link.station, into: &bytes)
        return whole
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

    /// Carries out the requests, and then sends the datagrams: media may come at once. What an inside host has sent to a
    /// binding turns back.
    @_noLocks
    mutating func sendSIP(turnsBack: Bool = false) {
        var place = 0
        while place < gateway.sip.requestCount { place = carryOut(from: place) }
        for place in 0..<gateway.sip.outboxCount {
            let datagram = gateway.sip.outgoing(place)
            send(datagram, turnsBack: turnsBack && isBinding(datagram.destination))
        }
        gateway.sip.clear()
    }

    /// Exempt from `@_noLocks` because it holds a span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis")
    private mutating func send(_ datagram: OutgoingDatagram, turnsBack: Bool) {
        // Until the way is known, what fits into every link.
        var room = min(sockets.frameSize - Int(Frame.headroom), smallestMTU)
        if !turnsBack, case .ready(_, _, let mtu) = hops.find(datagram.destination.address, now: now) {
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
            if turnsBack {
                turnBack(frame, to: datagram.destination.port)
            } else {
                send(frame, to: datagram.destination.address)
            }
            position = part.next
        }
    }

    /// Lets a packet that starts its frame arrive as if it had come from outside, so that whom it reaches sees the sender's
    /// public endpoint (RFC 4787 REQ-9): at the owner of the public port, which may be another worker.
    @_semantics("no_performance_analysis")
    private mutating func turnBack(_ frame: Frame, to port: UInt16) {
        var outside = 0
        while outside < links.count, links[outside].side != .outside { outside += 1 }
        guard outside < links.count, turned.count < Batch.capacity else {
            gateway.sip.count(.dropSIPTooLarge)
            return sockets.release(frame)
        }
        let whole = arriving(frame, link: outside)
        let socket = links[outside].firstSocket
        let owner = ownership.owner(of: port) ?? sockets.worker
        if owner == sockets.worker {
            turned.append(whole, socket: UInt16(socket))
        } else {
            sockets.handOver(whole, socket: socket, to: owner)
        }
    }
}
