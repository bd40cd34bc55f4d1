import WireFormats

/// Writes outgoing datagrams as IPv4 packets, in fragments where they do not fit (RFC 791 section 3.2).
public enum DatagramWriter {
    /// Writes the packet that carries a datagram from `position` on, at an offset of a frame: the whole datagram, or as
    /// much of it as fits into `room` octets of IPv4. `position` counts from the UDP header, whose checksum is over all of
    /// the data; `identification` is the same for all fragments, and another for each datagram.
    ///
    /// - Returns: the length of the packet, and the position of the next one; nil behind the last.
    @_noLocks
    public static func write(
        _ datagram: OutgoingDatagram, _ data: RawSpan, from position: Int, room: Int, identification: UInt16,
        into frame: inout MutableRawSpan, at network: Int
    ) -> (length: Int, next: Int?) {
        let whole = 8 &+ data.byteCount
        let isWhole = position == 0 && 20 &+ whole <= room
        // All fragments but the last carry a multiple of eight octets.
        let count = isWhole ? whole : min(whole &- position, (room &- 20) & ~7)
        let end = position &+ count
        let fragment = UInt16(truncatingIfNeeded: position / 8) | (end < whole ? 0x2000 : 0)
        frame.put(UInt16(0x4500), at: network)
        frame.put(UInt16(truncatingIfNeeded: 20 &+ count), at: network &+ 2)
        frame.put(identification, at: network &+ 4)
        frame.put(fragment, at: network &+ 6)
        frame.put(datagram.timeToLive, at: network &+ 8)
        frame.put(UInt8(17), at: network &+ 9)
        frame.put(datagram.source.address, at: network &+ 12)
        frame.put(datagram.destination.address, at: network &+ 16)
        ErrorReply.finish(&frame, network..<network &+ 20, at: network &+ 10)
        var target = network &+ 20
        if position == 0 {
            writeHeader(datagram, data, into: &frame, at: target)
            target &+= 8
        }
        frame.copy(data, max(0, position &- 8)..<end &- 8, to: target)
        return (20 &+ count, end < whole ? end : nil)
    }

    @_noLocks
    private static func writeHeader(
        _ datagram: OutgoingDatagram, _ data: RawSpan, into frame: inout MutableRawSpan, at transport: Int
    ) {
        let length = 8 &+ data.byteCount
        frame.put(datagram.source.port, at: transport)
        frame.put(datagram.destination.port, at: transport &+ 2)
        frame.put(UInt16(truncatingIfNeeded: length), at: transport &+ 4)
        var sum = Checksum.pseudoHeader(
            datagram.source.address, datagram.destination.address, protocol: 17, length: length)
        sum &+= UInt64(datagram.source.port.bigEndian) &+ UInt64(datagram.destination.port.bigEndian)
        sum &+= UInt64(UInt16(truncatingIfNeeded: length).bigEndian)
        let checksum = Checksum.finish(Checksum.sum(data, 0..<data.byteCount, onto: sum))
        // 0 would say that there is none (RFC 768).
        frame.put(checksum == 0 ? 0xffff : checksum, at: transport &+ 6)
    }
}

extension SIPGateway {
    /// Writes a datagram of the outbox; see `DatagramWriter`.
    ///
    /// Exempt from `@_noLocks` because it holds a span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis")
    public func write(
        _ datagram: OutgoingDatagram, from position: Int, room: Int, identification: UInt16,
        into frame: inout MutableRawSpan, at network: Int
    ) -> (length: Int, next: Int?) {
        DatagramWriter.write(
            datagram, data(of: datagram), from: position, room: room, identification: identification, into: &frame,
            at: network)
    }
}
