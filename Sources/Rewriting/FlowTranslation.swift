import WireFormats

/// Translates a packet of a data connection as the XDP program does, for the few that it gives to the worker.
public enum FlowTranslation {
    /// Changes addresses and ports, takes one hop off, and updates the checksums (RFC 1624). `packet` describes the
    /// frame, and holds at least the ports and the checksum of its protocol, TCP or UDP. A UDP checksum of 0 means
    /// none, and stays; one that becomes 0 is written as 0xffff (RFC 768).
    @_noLocks
    public static func apply(
        _ packet: IPv4Packet, source: Endpoint, destination: Endpoint, in frame: inout MutableRawSpan
    ) {
        let transport = packet.payload.lowerBound
        let isUDP = packet.protocolNumber == 17
        let place = transport &+ (isUDP ? 6 : 16)
        let ports = frame.number32(at: transport)
        let newPorts = UInt32(source.port) << 16 | UInt32(destination.port)
        var checksum = frame.number16(at: place)
        let hasChecksum = !isUDP || checksum != 0
        checksum = Checksum.updated(checksum, replacing: packet.source.value, by: source.address.value)
        checksum = Checksum.updated(checksum, replacing: packet.destination.value, by: destination.address.value)
        checksum = Checksum.updated(checksum, replacing: ports, by: newPorts)
        if hasChecksum { frame.put(isUDP && checksum == 0 ? 0xffff : checksum, at: place) }
        frame.put(newPorts, at: transport)
        frame.put(source.address, at: packet.offset &+ 12)
        frame.put(destination.address, at: packet.offset &+ 16)
        frame.put(packet.timeToLive &- 1, at: packet.offset &+ 8)
        ErrorReply.finish(&frame, packet.offset..<transport, at: packet.offset &+ 10)
    }
}
