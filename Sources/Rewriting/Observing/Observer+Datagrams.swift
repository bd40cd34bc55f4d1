import SIPCodec
import WireFormats

/// SIP over UDP, and its media.
extension Observer {
    mutating func receive(_ frame: RawSpan, _ datagram: UDPPacket, from side: Side) -> [Observation] {
        guard isSIP(datagram, from: side) else {
            notice(datagram, from: side)
            return []
        }
        var destination = datagram.destination
        var message = datagram.payload.map { frame.octet(at: $0) }
        // What comes to an inside address would have come to its public endpoint.
        let isAdapted = side == .outside && sip.translated(of: destination) != nil
        if isAdapted, let translated = sip.translated(of: destination) {
            destination = translated
            message = Publication(transport: .udp, destination: destination).publish(message) { sip.translated(of: $0) }
        }
        let before = tally()
        let changes = translate(message, from: datagram.source, to: destination, side)
        return observe(
            Observation(
                service: .sip, transport: .udp, source: datagram.source, destination: destination, side: side,
                message: message, isAdapted: isAdapted, changes: changes, openings: openings(),
                remarks: remarks(since: before)))
    }

    /// Whether a datagram would come to the gateway as signalling: see `Worker.isSIP`.
    private func isSIP(_ datagram: UDPPacket, from side: Side) -> Bool {
        if side == .inside { return sipPorts.contains(datagram.destination.port) || sip.hasBinding(datagram.source) }
        return sipPorts.contains(datagram.source.port) || sip.hasBinding(datagram.destination)
            || sip.inside(of: datagram.destination) != nil
    }

    /// Gives a message to the gateway; what that changes in it. The frame is made anew, because a capture has frames for
    /// which the card was to compute the checksum.
    private mutating func translate(
        _ message: [UInt8], from source: Endpoint, to destination: Endpoint, _ side: Side
    ) -> [Change] {
        let carrier = OutgoingDatagram(from: source, to: destination, start: 0, count: message.count, timeToLive: 64)
        var bytes = [UInt8](repeating: 0, count: 42 + message.count)
        bytes[12] = 0x08
        var span = bytes.mutableSpan
        // Unsafe in name only, here and below: octets are octets.
        var room = unsafe span.mutableBytes
        _ = unsafe DatagramWriter.write(
            carrier, message.span.bytes, from: 0, room: 65535, identification: 0, into: &room, at: 14)
        let frame = unsafe bytes.span.bytes
        guard let packet = IPv4Packet(frame), let datagram = UDPPacket(packet, frame) else { return [] }
        sip.receive(frame, datagram, from: side, now: surroundings.now)
        guard sip.outboxCount > 0, sip.splices.count > 0 else { return [] }
        let data = sip.data(of: sip.outgoing(0))
        let changed = (0..<data.byteCount).map { data.octet(at: $0) }
        return sip.changes(of: message, at: datagram.payload.lowerBound, changed)
    }

    /// Media between the ends of a leg keep their call alive.
    private mutating func notice(_ datagram: UDPPacket, from side: Side) {
        let isInside = side == .inside
        let ends = Ends(
            inside: isInside ? datagram.source : datagram.destination,
            outside: isInside ? datagram.destination : datagram.source)
        if seen[ends] != nil { seen[ends] = surroundings.now }
    }

    /// Does what the worker does for SIP; what is opened by it.
    mutating func ways() -> [Opening] {
        var openings: [Opening] = []
        for place in 0..<sip.requestCount {
            let request = sip.request(place)
            let leg = request.leg
            let ends = Ends(inside: leg.inside, outside: leg.outside)
            switch request.kind {
            case .bind:
                for address in plan.addresses {
                    let translated = Endpoint(address, request.port)
                    guard let inside = sip.inside(of: translated) else { continue }
                    openings.append(.signalling(inside: inside, translated: translated))
                }
            case .listen:
                for address in plan.addresses {
                    let translated = Endpoint(address, request.port)
                    guard let inside = sip.media(at: translated) else { continue }
                    openings.append(.connections(inside: inside, translated: translated))
                }
            case .unbind, .expect, .ignore, .unlisten, .accept, .forget: break
            case .open:
                seen[ends] = surroundings.now
                sip.count(.mediaOpened)
                openings.append(
                    .media(
                        inside: leg.inside, translated: leg.translated, outside: leg.outside, isControl: leg.isControl))
            case .close:
                seen[ends] = nil
                sip.count(.mediaClosed)
            case .observe:
                sip.legObserved(request.slot, number: leg.number, lastSeen: seen[ends] ?? 0)
            }
        }
        return openings
    }
}

extension SIPGateway {
    /// What the splices of the last message have changed in it; they count from `start` bytes before it.
    func changes(of message: [UInt8], at start: Int, _ changed: [UInt8]) -> [Change] {
        var changes: [Change] = []
        var position = 0
        var from = 0
        for index in 0..<splices.count {
            let (place, length) = splices.splice(index)
            let range = place.lowerBound - start..<place.upperBound - start
            position += range.lowerBound - from
            changes.append(
                Change(
                    range: range, replacement: Array(changed[position..<position + length]),
                    reason: Reason(sip: message, range)))
            position += length
            from = range.upperBound
        }
        return changes
    }
}
