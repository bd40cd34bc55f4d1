import WireFormats

/// An ICMP error that the gateway itself sends about a packet that it cannot send on (RFC 792, RFC 1812 section 4.3).
public enum ErrorReply: BitwiseCopyable, Sendable {
    /// Its time to live ends here.
    case timeExceeded
    /// It does not fit into this many octets, and must not be fragmented (RFC 1191).
    case tooBig(mtu: Int)
    /// There is no way to its destination, or nobody there answers.
    case unreachable

    /// Writes the error as an IPv4 packet at an offset of a frame, and returns its length: at most 576 octets, with as
    /// much of the packet as fits (RFC 1812 section 4.3.2.3). `router` is the gateway's address on the way back.
    @_noLocks
    public func write(
        about packet: IPv4Packet, _ original: borrowing RawSpan, from router: IPv4Address,
        into frame: inout MutableRawSpan, at network: Int
    ) -> Int {
        let icmp = network &+ 20
        let quoted = packet.offset..<min(packet.payload.upperBound, packet.offset &+ 548)
        let end = icmp &+ 8 &+ quoted.count
        frame.put(UInt32(0x45c0_0000), at: network)
        frame.put(UInt16(truncatingIfNeeded: end &- network), at: network &+ 2)
        frame.put(UInt32(0), at: network &+ 4)
        frame.put(UInt32(0x4001_0000), at: network &+ 8)
        frame.put(router, at: network &+ 12)
        frame.put(packet.source, at: network &+ 16)
        switch self {
        case .timeExceeded:
            frame.put(UInt32(0x0b00_0000), at: icmp)
            frame.put(UInt32(0), at: icmp &+ 4)
        case .tooBig(let mtu):
            frame.put(UInt32(0x0304_0000), at: icmp)
            frame.put(UInt32(truncatingIfNeeded: mtu), at: icmp &+ 4)
        case .unreachable:
            frame.put(UInt32(0x0301_0000), at: icmp)
            frame.put(UInt32(0), at: icmp &+ 4)
        }
        frame.copy(original, quoted, to: icmp &+ 8)
        ErrorReply.finish(&frame, network..<icmp, at: network &+ 10)
        ErrorReply.finish(&frame, icmp..<end, at: icmp &+ 2)
        return end &- network
    }

    /// Writes the checksum of a range to its place in it.
    ///
    /// Exempt from `@_noLocks` because it holds a span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis")
    static func finish(_ frame: inout MutableRawSpan, _ range: Range<Int>, at offset: Int) {
        frame.put(UInt16(0), at: offset)
        let checksum = Checksum.finish(Checksum.sum(frame.bytes, range))
        frame.put(checksum, at: offset)
    }
}
