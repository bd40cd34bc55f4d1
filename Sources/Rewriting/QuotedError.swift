import WireFormats

/// An ICMP error about a packet that the gateway had translated, decoded (RFC 792, RFC 5508 section 7).
///
/// Invariant: `quoted` holds an IPv4 header and at least eight octets of TCP or UDP, within the frame.
struct QuotedError {
    /// The outer packet.
    let packet: IPv4Packet
    /// The quoted packet.
    let quoted: IPv4Packet
    /// Where the quoted packet came from.
    let source: Endpoint
    /// Where it was going.
    let destination: Endpoint
    /// Whether it was one of UDP.
    let isDatagram: Bool
    /// Its sequence number, if it was one of TCP.
    let sequence: SequenceNumber
    /// The MTU that a packet too big was told (RFC 1191), else nil.
    let nextHopMTU: Int?

    /// Decodes a frame; nil if it is no ICMP error, is corrupt, or quotes neither TCP nor UDP.
    @_noLocks
    init?(_ frame: borrowing RawSpan) {
        guard let packet = IPv4Packet(frame), packet.protocolNumber == 1, !packet.isFragment,
            packet.payload.count >= 36
        else { return nil }
        let icmp = packet.payload.lowerBound
        let type = frame.octet(at: icmp)
        guard type == 3 || type == 11 || type == 12,
            Checksum.fold(Checksum.sum(frame, packet.payload)) == 0xffff,
            let quoted = IPv4Packet(quotedIn: frame, at: icmp &+ 8),
            quoted.protocolNumber == 6 || quoted.protocolNumber == 17,
            quoted.payload.upperBound <= packet.payload.upperBound, quoted.payload.count >= 8
        else { return nil }
        self.packet = packet
        self.quoted = quoted
        isDatagram = quoted.protocolNumber == 17
        let transport = quoted.payload.lowerBound
        source = Endpoint(quoted.source, frame.number16(at: transport))
        destination = Endpoint(quoted.destination, frame.number16(at: transport &+ 2))
        sequence = SequenceNumber(frame.number32(at: transport &+ 4))
        let isTooBig = type == 3 && frame.octet(at: icmp &+ 1) == 4
        nextHopMTU = isTooBig ? Int(frame.number16(at: icmp &+ 6)) : nil
    }
}

/// What an ICMP error becomes on its way through the gateway.
public struct TranslatedError: Sendable {
    /// The side that it leaves on.
    public let toward: Side
    /// The host that it seems to come from.
    public let source: IPv4Address
    /// The host that it is for.
    public let destination: IPv4Address
    /// The quoted packet as that host once sent it; a datagram has no sequence number.
    let quotedSource: Endpoint
    let quotedDestination: Endpoint
    let quotedSequence: SequenceNumber?
    /// Where things stand in the frame that it came in.
    let packet: Range<Int>
    let icmp: Int
    let quoted: Int
    let quotedTransport: Int

    @_noLocks
    init(
        _ error: QuotedError, toward side: Side, source: IPv4Address, destination: IPv4Address,
        quotedSource: Endpoint, quotedDestination: Endpoint, quotedSequence: SequenceNumber?
    ) {
        toward = side
        self.source = source
        self.destination = destination
        self.quotedSource = quotedSource
        self.quotedDestination = quotedDestination
        self.quotedSequence = quotedSequence
        packet = error.packet.offset..<error.packet.payload.upperBound
        icmp = error.packet.payload.lowerBound
        quoted = error.quoted.offset
        quotedTransport = error.quoted.payload.lowerBound
    }

    /// Writes the packet at an offset of a frame and returns its length. `original` is the frame that it came in; its
    /// checksums were verified.
    @_noLocks
    public func write(_ original: borrowing RawSpan, into frame: inout MutableRawSpan, at network: Int) -> Int {
        let shift = network &- packet.lowerBound
        frame.copy(original, packet, to: network)
        frame.put(original.octet(at: packet.lowerBound &+ 8) &- 1, at: network &+ 8)
        frame.put(source, at: network &+ 12)
        frame.put(destination, at: network &+ 16)
        let transport = quotedTransport &+ shift
        frame.put(quotedSource.address, at: quoted &+ shift &+ 12)
        frame.put(quotedDestination.address, at: quoted &+ shift &+ 16)
        frame.put(quotedSource.port, at: transport)
        frame.put(quotedDestination.port, at: transport &+ 2)
        if let quotedSequence {
            frame.put(quotedSequence.value, at: transport &+ 4)
        } else if original.number16(at: quotedTransport &+ 6) != 0 {
            frame.put(datagramChecksum(original), at: transport &+ 6)
        }
        ErrorReply.finish(&frame, network..<icmp &+ shift, at: network &+ 10)
        ErrorReply.finish(&frame, quoted &+ shift..<transport, at: quoted &+ shift &+ 10)
        ErrorReply.finish(&frame, icmp &+ shift..<packet.upperBound &+ shift, at: icmp &+ shift &+ 2)
        return packet.count
    }

    /// The checksum of the quoted datagram with its new ends.
    @_noLocks
    private func datagramChecksum(_ original: borrowing RawSpan) -> UInt16 {
        var checksum = original.number16(at: quotedTransport &+ 6)
        let ends = (quotedSource.address.value, quotedDestination.address.value)
        let ports = UInt32(quotedSource.port) << 16 | UInt32(quotedDestination.port)
        checksum = Checksum.updated(checksum, replacing: original.number32(at: quoted &+ 12), by: ends.0)
        checksum = Checksum.updated(checksum, replacing: original.number32(at: quoted &+ 16), by: ends.1)
        checksum = Checksum.updated(checksum, replacing: original.number32(at: quotedTransport), by: ports)
        return checksum == 0 ? 0xffff : checksum
    }
}
