import CSteering
import Rewriting
import Steering
import WireFormats
import XDPSockets

/// Media that come from elsewhere than was announced (RFC 7362): XDP brings the first of them here, and carries the rest.
extension Worker {
    /// Whether a datagram is of media that may come from anywhere: it has no flow yet, or had none a moment ago.
    @_noLocks
    func isStray(_ datagram: UDPPacket, from side: Side) -> Bool {
        side == .outside && maps.tables.isAwaited(datagram.destination.port)
    }

    /// Latches the media that a datagram is of on to its source, if that may be, and sends it on; or hands it over to its
    /// owner. The frame is the caller's no longer.
    @_semantics("no_performance_analysis")
    mutating func receiveStray(
        _ bytes: borrowing RawSpan, _ packet: IPv4Packet, _ datagram: UDPPacket, link: Int, _ frame: Frame, socket: Int
    ) {
        let owner = ownership.owner(of: datagram.destination.port) ?? sockets.worker
        if owner != sockets.worker {
            sockets.handOver(frame, socket: socket, to: owner)
            return
        }
        latch(datagram, bytes)
        receiveFlow(bytes, packet, link: link)
        sockets.release(frame)
    }

    /// Not while media come from where they are expected: whoever is heard is the right one.
    @_semantics("no_performance_analysis")
    private mutating func latch(_ datagram: UDPPacket, _ bytes: borrowing RawSpan) {
        var forward = steering_flow()
        var reverse = steering_flow()
        let key = steering_tuple(from: datagram.source, to: datagram.destination, side: .outside)
        guard !maps.flows.lookup(key, into: &reverse), let slot = gateway.sip.latchable(copy bytes, datagram) else {
            return
        }
        let before = gateway.sip.leg(slot)
        let pair = FlowPair(before)
        guard maps.flows.lookup(pair.forward, into: &forward), maps.flows.lookup(pair.reverse, into: &reverse),
            reverse.packets == 0 || tick > reverse.last_seen &+ 2
        else { return }
        gateway.sip.latch(slot, to: datagram.source)
        let leg = gateway.sip.leg(slot)
        forward.leaves.destination = leg.latched.address.bigEndian
        forward.leaves.destination_port = leg.latched.port.bigEndian
        forward.hop = steering_hop()
        maps.filter.add(leg)
        maps.flows.remove(pair.reverse)
        maps.filter.remove(before)
        if !maps.flows.insert(pair.forward, forward) || !maps.flows.insert(key, reverse) {
            gateway.sip.count(.mediaFull)
        }
        sendSIP()
    }
}
