/// The IPv4 packet in an Ethernet frame with any of up to two VLAN tags (RFC 791, IEEE 802.1Q), decoded.
///
/// Invariant of a value: offset + 20 <= payload.lowerBound <= payload.upperBound <= the frame's length.
public struct IPv4Packet: Sendable {
    /// Offset of the IPv4 header in the frame.
    public let offset: Int
    /// Where the data of the packet stands, by its total length; the frame may go on with padding.
    public let payload: Range<Int>
    /// Sender.
    public let source: IPv4Address
    /// Receiver.
    public let destination: IPv4Address
    /// The protocol of the data: 1 ICMP, 6 TCP, 17 UDP.
    public let protocolNumber: UInt8
    /// The remaining hops.
    public let timeToLive: UInt8
    /// Whether this is one of several fragments.
    public let isFragment: Bool
    /// Whether routers must not fragment the packet.
    public let dontFragment: Bool

    /// Decodes a frame; nil if it holds no whole IPv4 packet.
    @_noLocks
    public init?(_ frame: borrowing RawSpan) {
        guard let offset = IPv4Packet.offset(in: frame) else { return nil }
        self.init(frame, at: offset, mayBeCut: false)
    }

    /// Decodes the packet that an ICMP error quotes: it may end before its total length says so.
    @_noLocks
    public init?(quotedIn frame: borrowing RawSpan, at offset: Int) { self.init(frame, at: offset, mayBeCut: true) }

    @_noLocks
    private init?(_ bytes: borrowing RawSpan, at offset: Int, mayBeCut: Bool) {
        let end = bytes.byteCount
        guard offset &+ 20 <= end else { return nil }
        let first = bytes.octet(at: offset)
        let headerLength = Int(first & 0xf) &* 4
        let totalLength = Int(bytes.number16(at: offset &+ 2))
        guard first >> 4 == 4, headerLength >= 20, totalLength >= headerLength,
            offset &+ headerLength <= end, mayBeCut || offset &+ totalLength <= end
        else { return nil }
        let fragment = bytes.number16(at: offset &+ 6)
        self.offset = offset
        payload = offset &+ headerLength..<min(offset &+ totalLength, end)
        source = bytes.address(at: offset &+ 12)
        destination = bytes.address(at: offset &+ 16)
        protocolNumber = bytes.octet(at: offset &+ 9)
        timeToLive = bytes.octet(at: offset &+ 8)
        isFragment = fragment & 0x3fff != 0
        dontFragment = fragment & 0x4000 != 0
    }

    /// Offset of the IPv4 header behind Ethernet and at most two VLAN tags; nil if the frame carries something else.
    @_noLocks
    private static func offset(in frame: RawSpan) -> Int? {
        guard frame.byteCount >= 34 else { return nil }
        var offset = 12
        for _ in 0..<2 {
            let type = frame.number16(at: offset)
            guard type == 0x8100 || type == 0x88a8 else { break }
            offset &+= 4
        }
        return frame.number16(at: offset) == 0x0800 ? offset &+ 2 : nil
    }
}
