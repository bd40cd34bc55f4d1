/// A TCP segment over IPv4 in an Ethernet frame, decoded (RFC 791, RFC 9293).
///
/// Bounds are checked here, once. Invariant of a value: 14 <= network, network + 20 <= transport,
/// transport + 20 <= payload.lowerBound <= payload.upperBound <= the frame's length, for the frame it was decoded from.
public struct TCPPacket: Sendable {
    /// Offset of the IPv4 header; what stands before is Ethernet and VLAN tags.
    public let network: Int
    /// Offset of the TCP header.
    public let transport: Int
    /// Where the data stands; its end is the end of the IP packet, not of the frame, which may be padded.
    public let payload: Range<Int>
    /// Where the packet comes from.
    public let source: Endpoint
    /// Where the packet goes.
    public let destination: Endpoint
    /// Number of the first octet of the data, or of the SYN.
    public let sequence: SequenceNumber
    /// Number of the next octet that the sender expects.
    public let acknowledgement: SequenceNumber
    /// The control bits.
    public let flags: TCPFlags
    /// The window field, not scaled.
    public let window: UInt16
    /// Offset from `sequence` to the octet after the urgent data, if `flags` has `.urg`.
    public let urgentPointer: UInt16
    /// The remaining hops.
    public let timeToLive: UInt8
    /// Whether routers must not fragment the packet.
    public let dontFragment: Bool
    /// The options that the gateway acts on.
    public let options: TCPOptions

    /// Octets of options in both headers.
    @inlinable public var optionsLength: Int {
        @inline(__always) @_noLocks get { payload.lowerBound &- network &- 40 }
    }

    /// Decodes a frame; nil if it holds no whole TCP segment over IPv4, or is a fragment of one.
    @_noLocks
    public init?(_ frame: borrowing RawSpan) {
        guard let ip = IPv4Packet(frame), ip.protocolNumber == 6, !ip.isFragment else { return nil }
        let tcp = ip.payload.lowerBound
        guard ip.payload.count >= 20 else { return nil }
        let headerLength = Int(frame.octet(at: tcp &+ 12) >> 4) &* 4
        guard headerLength >= 20, headerLength <= ip.payload.count else { return nil }
        network = ip.offset
        transport = tcp
        payload = tcp &+ headerLength..<ip.payload.upperBound
        source = Endpoint(ip.source, frame.number16(at: tcp))
        destination = Endpoint(ip.destination, frame.number16(at: tcp &+ 2))
        sequence = SequenceNumber(frame.number32(at: tcp &+ 4))
        acknowledgement = SequenceNumber(frame.number32(at: tcp &+ 8))
        flags = TCPFlags(rawValue: frame.octet(at: tcp &+ 13))
        window = frame.number16(at: tcp &+ 14)
        urgentPointer = frame.number16(at: tcp &+ 18)
        timeToLive = ip.timeToLive
        dontFragment = ip.dontFragment
        options = TCPOptions(frame, tcp &+ 20..<tcp &+ headerLength)
    }

    /// Whether both checksums are right. What is edited must be verified first: an edit makes a new checksum, and
    /// would turn a corrupt segment into a valid one.
    @_noLocks
    public func isIntact(_ frame: borrowing RawSpan) -> Bool {
        guard Checksum.fold(Checksum.sum(frame, network..<transport)) == 0xffff else { return false }
        let pseudo = Checksum.pseudoHeader(
            source.address, destination.address, protocol: 6, length: payload.upperBound &- transport)
        return Checksum.fold(Checksum.sum(frame, transport..<payload.upperBound, onto: pseudo)) == 0xffff
    }
}
