/// A whole UDP datagram over IPv4 in an Ethernet frame, decoded (RFC 768).
///
/// Bounds are checked here, once. Invariant of a value: network + 20 <= transport, transport + 8 == payload.lowerBound <=
/// payload.upperBound <= the frame's length, for the frame it was decoded from.
public struct UDPPacket: Sendable {
    /// Offset of the IPv4 header.
    public let network: Int
    /// Offset of the UDP header.
    public let transport: Int
    /// Where the data stands, by the UDP header's length; the IP packet may go on behind it.
    public let payload: Range<Int>
    /// Where the datagram comes from.
    public let source: Endpoint
    /// Where it goes.
    public let destination: Endpoint
    /// The remaining hops.
    public let timeToLive: UInt8

    /// Decodes what an IPv4 packet carries; nil if that is not UDP, a fragment, or too short.
    @_noLocks
    public init?(_ packet: IPv4Packet, _ frame: borrowing RawSpan) {
        let transport = packet.payload.lowerBound
        guard packet.protocolNumber == 17, !packet.isFragment, packet.payload.count >= 8 else { return nil }
        let length = Int(frame.number16(at: transport &+ 4))
        guard length >= 8, length <= packet.payload.count else { return nil }
        network = packet.offset
        self.transport = transport
        payload = transport &+ 8..<transport &+ length
        source = Endpoint(packet.source, frame.number16(at: transport))
        destination = Endpoint(packet.destination, frame.number16(at: transport &+ 2))
        timeToLive = packet.timeToLive
    }

    /// Whether both checksums are right; a UDP checksum of 0 means that the sender made none.
    @_noLocks
    public func isIntact(_ frame: borrowing RawSpan) -> Bool {
        guard Checksum.fold(Checksum.sum(frame, network..<transport)) == 0xffff else { return false }
        if frame.number16(at: transport &+ 6) == 0 { return true }
        let pseudo = Checksum.pseudoHeader(
            source.address, destination.address, protocol: 17, length: payload.upperBound &- transport)
        return Checksum.fold(Checksum.sum(frame, transport..<payload.upperBound, onto: pseudo)) == 0xffff
    }
}
