import FlowTables
import WireFormats

/// Writes outgoing segments as IPv4 packets: headers kept from the packet being worked on, or the gateway's own.
///
/// Checksums are computed anew. That is safe because a packet whose headers are kept was verified when it came.
public enum SegmentWriter {
    /// The most octets in front of the data: IPv4 and TCP headers with all their options.
    @inlinable public static var headersMax: Int {
        @_noLocks get { 120 }
    }

    /// Writes a segment at an offset of a frame, and returns the length of the IPv4 packet. `cause` is the packet being
    /// worked on, whose headers are kept where the segment says so, and `original` the bytes of its frame.
    @_noLocks
    public static func write(
        _ segment: OutgoingSegment, _ pool: borrowing BlockPool, cause: TCPPacket?, _ original: borrowing RawSpan,
        into frame: inout MutableRawSpan, at network: Int
    ) -> Int {
        var transport = network &+ 20
        var data = transport &+ 20
        if let cause, segment.keepsHeaders {
            frame.copy(original, cause.network..<cause.payload.lowerBound, to: network)
            transport = network &+ cause.transport &- cause.network
            data = network &+ cause.payload.lowerBound &- cause.network
            frame.put(cause.timeToLive &- 1, at: network &+ 8)
            editOptions(segment, in: &frame, transport &+ 20..<data)
        } else {
            data = writeOwnHeaders(segment, into: &frame, at: network)
        }
        if segment.count > 0 {
            copyData(segment, pool, into: &frame, at: data)
        }
        let kept = segment.keepsHeaders ? frame.octet(at: transport &+ 13) & 0xc0 : 0
        frame.put(segment.source.port, at: transport)
        frame.put(segment.destination.port, at: transport &+ 2)
        frame.put(segment.sequence.value, at: transport &+ 4)
        frame.put(segment.acknowledgement.value, at: transport &+ 8)
        frame.put(segment.flags.rawValue | kept, at: transport &+ 13)
        frame.put(segment.window, at: transport &+ 14)
        frame.put(segment.urgentPointer, at: transport &+ 18)
        let end = data &+ segment.count
        frame.put(UInt16(truncatingIfNeeded: end &- network), at: network &+ 2)
        frame.put(segment.source.address, at: network &+ 12)
        frame.put(segment.destination.address, at: network &+ 16)
        finishChecksums(segment, of: &frame, network, transport, end)
        return end &- network
    }

    /// An IPv4 and a TCP header as a host would write them: not to be fragmented, 64 hops, a timestamp if agreed on.
    @_noLocks
    private static func writeOwnHeaders(
        _ segment: OutgoingSegment, into frame: inout MutableRawSpan, at network: Int
    ) -> Int {
        let transport = network &+ 20
        frame.put(UInt32(0x4500_0000), at: network)
        frame.put(UInt32(0x0000_4000), at: network &+ 4)
        frame.put(UInt32(0x4006_0000), at: network &+ 8)
        frame.put(segment.hasTimestamp ? UInt8(0x80) : UInt8(0x50), at: transport &+ 12)
        guard segment.hasTimestamp else { return transport &+ 20 }
        frame.put(UInt32(0x0101_080a), at: transport &+ 20)
        frame.put(segment.timestamp, at: transport &+ 24)
        frame.put(segment.timestampEcho, at: transport &+ 28)
        return transport &+ 32
    }

    /// Puts the mapped selective acknowledgements into the place of the original ones. In a SYN the window scale becomes
    /// 0: windows are the gateway's own, never larger than its buffer, and in octets they need no rounding.
    @_noLocks
    private static func editOptions(
        _ segment: OutgoingSegment, in frame: inout MutableRawSpan, _ options: Range<Int>
    ) {
        var offset = options.lowerBound
        while offset < options.upperBound {
            let kind = frame.octet(at: offset)
            if kind == 0 { return }
            if kind == 1 {
                offset &+= 1
                continue
            }
            guard offset &+ 1 < options.upperBound else { return }
            let length = Int(frame.octet(at: offset &+ 1))
            guard length >= 2, offset &+ length <= options.upperBound else { return }
            if kind == 5 { writeSelective(segment, in: &frame, offset..<offset &+ length) }
            if kind == 3, length == 3 { frame.put(UInt8(0), at: offset &+ 2) }
            offset &+= length
        }
    }

    /// Places left over become padding.
    @_noLocks
    private static func writeSelective(
        _ segment: OutgoingSegment, in frame: inout MutableRawSpan, _ option: Range<Int>
    ) {
        let count = min(segment.selectiveCount, (option.count &- 2) / 8)
        let used = count == 0 ? 0 : 2 &+ 8 &* count
        if count > 0 { frame.put(UInt8(truncatingIfNeeded: used), at: option.lowerBound &+ 1) }
        for index in 0..<count {
            let place = option.lowerBound &+ 2 &+ 8 &* index
            frame.put(segment.selective[index].start.value, at: place)
            frame.put(segment.selective[index].end.value, at: place &+ 4)
        }
        for place in option.lowerBound &+ used..<option.upperBound { frame.put(UInt8(1), at: place) }
    }

    /// Exempt from `@_noLocks` because it holds a span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis")
    private static func copyData(
        _ segment: OutgoingSegment, _ pool: borrowing BlockPool, into frame: inout MutableRawSpan, at offset: Int
    ) {
        let place = segment.start..<segment.start &+ segment.count
        frame.copy(pool.bytes(segment.block, place), 0..<segment.count, to: offset)
    }

    /// Exempt from `@_noLocks` because it holds a span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis")
    private static func finishChecksums(
        _ segment: OutgoingSegment, of frame: inout MutableRawSpan, _ network: Int, _ transport: Int, _ end: Int
    ) {
        ErrorReply.finish(&frame, network..<transport, at: network &+ 10)
        frame.put(UInt16(0), at: transport &+ 16)
        let pseudo = Checksum.pseudoHeader(
            segment.source.address, segment.destination.address, protocol: 6, length: end &- transport)
        let whole = Checksum.finish(Checksum.sum(frame.bytes, transport..<end, onto: pseudo))
        frame.put(whole, at: transport &+ 16)
    }
}
