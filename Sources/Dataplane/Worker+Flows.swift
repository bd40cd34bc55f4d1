import CSteering
import Rewriting
import WireFormats
import XDPSockets

/// The packets of data connections that XDP could not send by itself: the first after the next hop's entry was
/// forgotten, those whose time to live ends, those too big for their way. The worker sends them, or answers them with
/// the right ICMP error, so that no data connection stalls and path-MTU discovery works.
extension Worker {
    /// Works on a packet that belongs to no service.
    @_semantics("no_performance_analysis")
    mutating func receiveFlow(_ bytes: borrowing RawSpan, _ packet: IPv4Packet, link: Int) {
        let isTCP = packet.protocolNumber == 6
        guard isTCP || packet.protocolNumber == 17, !packet.isFragment, packet.payload.count >= (isTCP ? 20 : 8) else {
            return gateway.count(.dropForeign)
        }
        var flow = steering_flow()
        guard maps.flows.lookup(steering_tuple(packet, bytes, links[link].side), into: &flow) else {
            return gateway.count(.dropUnknownFlow)
        }
        let source = Endpoint(flow.leaves.source, flow.leaves.source_port)
        let destination = Endpoint(flow.leaves.destination, flow.leaves.destination_port)
        let length = packet.payload.upperBound - packet.offset
        switch hops.find(destination.address, now: now) {
        case .unreachable: return answer(.unreachable, about: packet, bytes, link: link)
        case .ready(_, _, let mtu) where length > mtu:
            return answer(.tooBig(mtu: mtu), about: packet, bytes, link: link)
        case .ready, .resolving: break
        }
        guard var frame = sockets.allocate() else { return gateway.count(.dropNoFrame) }
        var room = unsafe self.room(frame)
        room.copy(bytes, packet.offset..<packet.payload.upperBound, to: 0)
        guard let copied = IPv4Packet(quotedIn: room.bytes, at: 0) else { return sockets.release(frame) }
        FlowTranslation.apply(copied, source: source, destination: destination, in: &room)
        frame.length = UInt16(length)
        gateway.count(.flowSent)
        send(frame, to: destination.address)
    }
}

extension steering_tuple {
    /// The key of a packet that arrives on a side.
    @_noLocks
    init(_ packet: IPv4Packet, _ bytes: borrowing RawSpan, _ side: Side) {
        self.init()
        source = packet.source.bigEndian
        destination = packet.destination.bigEndian
        source_port = bytes.number16(at: packet.payload.lowerBound).bigEndian
        destination_port = bytes.number16(at: packet.payload.lowerBound &+ 2).bigEndian
        `protocol` = packet.protocolNumber
        self.side = side.rawValue
    }
}

extension Endpoint {
    /// An endpoint as it stands in a map.
    @_noLocks
    init(_ address: UInt32, _ port: UInt16) {
        self.init(IPv4Address(UInt32(bigEndian: address)), UInt16(bigEndian: port))
    }
}

extension steering_address {
    /// An address as it stands in a map.
    @_noLocks
    public init(_ address: IPv4Address) {
        self.init()
        word.0 = address.bigEndian
    }
}
