import CTraffic
import Routing
import WireFormats

/// One direction of a UDP conversation, as the generator sends it.
public struct UDPFlow: Sendable {
    /// Who sends, and to whom.
    public var source, destination: Endpoint
    /// Whether its packets are RTP, with sequence numbers.
    public var isRTP: Bool

    /// A flow from its two ends.
    public init(from source: Endpoint, to destination: Endpoint, isRTP: Bool = false) {
        self.source = source
        self.destination = destination
        self.isRTP = isRTP
    }

    /// The beginning of its frames of `length` bytes (60 to 1514, without Ethernet's checksum) between two stations,
    /// with checksums that are right. What follows the head is zeros.
    func head(length: Int, from sender: EthernetAddress, to station: EthernetAddress) -> traffic_head {
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<traffic_head>.size)
        func put16(_ value: UInt16, at offset: Int) {
            bytes[offset] = UInt8(value >> 8)
            bytes[offset + 1] = UInt8(truncatingIfNeeded: value)
        }
        func put(_ address: IPv4Address, at offset: Int) {
            for index in 0..<4 { bytes[offset + index] = address.octet(index) }
        }
        for index in 0..<6 {
            bytes[index] = station.octet(index)
            bytes[6 + index] = sender.octet(index)
        }
        put16(0x0800, at: 12)
        put16(0x4500, at: 14)
        put16(UInt16(length - 14), at: 16)
        put16(0x4000, at: 20)  // do not fragment
        bytes[22] = 64
        bytes[23] = 17
        put(source.address, at: 26)
        put(destination.address, at: 30)
        put16(UInt16(truncatingIfNeeded: Checksum.finish(Checksum.sum(bytes.span.bytes, 14..<34))), at: 24)
        put16(source.port, at: 34)
        put16(destination.port, at: 36)
        put16(UInt16(length - 34), at: 38)
        withUnsafeBytes(of: UInt16((isRTP ? TRAFFIC_RTP_MARK : TRAFFIC_MARK).rawValue)) { mark in
            for index in 0..<2 { bytes[Int(TRAFFIC_MARK_AT.rawValue) + index] = mark[index] }
        }
        // No time, or no number yet; 0 has all ones for its complement.
        for index in isRTP ? 54..<60 : 52..<60 { bytes[index] = 0xff }
        let pseudo = Checksum.pseudoHeader(source.address, destination.address, protocol: 17, length: length - 34)
        put16(Checksum.finish(Checksum.sum(bytes.span.bytes, 34..<Int(TRAFFIC_HEAD.rawValue), onto: pseudo)), at: 40)
        var head = bytes.withUnsafeBytes { $0.load(as: traffic_head.self) }
        head.is_rtp = isRTP ? 1 : 0
        return head
    }
}
