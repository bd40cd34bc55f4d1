/// Builds frames: every length and checksum is computed from scratch, so that a translated frame can be compared byte
/// for byte with what it should be.
struct Frame {
    var destination = Router.insideStation
    var source = Station.client
    var tags: [Tag] = []
    var packet: Packet

    struct Tag {
        var protocolType: UInt16 = 0x8100
        var vlan: UInt16
    }

    var bytes: [UInt8] {
        var bytes = destination + source
        for tag in tags { bytes += big(tag.protocolType) + big(tag.vlan) }
        return bytes + big(packet.isIPv6 ? 0x86dd : 0x0800) + packet.bytes
    }
}

/// An IP packet of either family; which one, its addresses say.
struct Packet {
    var source: String
    var destination: String
    var hops: UInt8 = 64
    /// The octet of DSCP and ECN in IPv4 (RFC 2474, RFC 3168).
    var serviceField: UInt8 = 0
    var options: [UInt8] = []
    /// The number of an IPv4 datagram, which its fragments share.
    var identification: UInt16 = 0x1234
    /// Flags and offset of IPv4, as one word; 0x4000 is Don't Fragment.
    var fragment: UInt16 = 0x4000
    var extensions: [Extension] = []
    var content: Content

    /// An IPv6 extension header; `body` is filled up to eight bytes.
    struct Extension {
        var number: UInt8
        var body: [UInt8] = [0, 0, 0, 0, 0, 0]
    }

    enum Content {
        case tcp(from: UInt16, to: UInt16, flags: UInt8 = 0x10, payload: [UInt8] = [1, 2, 3])
        case udp(from: UInt16, to: UInt16, hasChecksum: Bool = true, payload: [UInt8] = [1, 2, 3])
        case icmp(type: UInt8, code: UInt8 = 0, rest: UInt32 = 0, quoted: [UInt8])
        case other(UInt8, [UInt8])
    }

    var isIPv6: Bool { source.contains(":") }

    var bytes: [UInt8] { isIPv6 ? ipv6 : ipv4 }

    private var ipv4: [UInt8] {
        let upper = content.bytes(pseudoHeader: pseudoHeader)
        let header = 20 + options.count
        var bytes = [UInt8(0x40 + header / 4), serviceField] + big(UInt16(header + upper.count))
        bytes += big(identification) + big(fragment)
        bytes += [hops, content.number, 0, 0] + address(source) + address(destination) + options
        bytes.replaceSubrange(10..<12, with: big(checksum(bytes)))
        return bytes + upper
    }

    private var ipv6: [UInt8] {
        let upper = content.bytes(pseudoHeader: pseudoHeader)
        var chain: [UInt8] = []
        for (index, header) in extensions.enumerated() {
            let next = index + 1 < extensions.count ? extensions[index + 1].number : content.number
            chain += [next, UInt8((header.body.count + 2) / 8 - 1)] + header.body
        }
        let bytes: [UInt8] = [0x60, 0, 0, 0] + big(UInt16(chain.count + upper.count))
        return bytes + [extensions.first?.number ?? content.number, hops] + address(source) + address(destination)
            + chain + upper
    }

    private func pseudoHeader(length: Int) -> [UInt8] {
        address(source) + address(destination) + big(UInt16(length)) + [0, content.number]
    }
}

extension Packet.Content {
    var number: UInt8 {
        switch self {
        case .tcp: 6
        case .udp: 17
        case .icmp: 1
        case .other(let number, _): number
        }
    }

    func bytes(pseudoHeader: (_ length: Int) -> [UInt8]) -> [UInt8] {
        switch self {
        case .tcp(let from, let to, let flags, let payload):
            var bytes = big(from) + big(to) + [0, 0, 0, 7, 0, 0, 0, 9, 0x50, flags, 1, 0, 0, 0, 0, 0] + payload
            bytes.replaceSubrange(16..<18, with: big(checksum(pseudoHeader(bytes.count) + bytes)))
            return bytes
        case .udp(let from, let to, let hasChecksum, let payload):
            var bytes = big(from) + big(to) + big(UInt16(8 + payload.count)) + [0, 0] + payload
            let sum = checksum(pseudoHeader(bytes.count) + bytes)
            if hasChecksum { bytes.replaceSubrange(6..<8, with: big(sum == 0 ? 0xffff : sum)) }
            return bytes
        case .icmp(let type, let code, let rest, let quoted):
            var bytes = [type, code, 0, 0] + big(UInt16(rest >> 16)) + big(UInt16(rest & 0xffff)) + quoted
            bytes.replaceSubrange(2..<4, with: big(checksum(bytes)))
            return bytes
        case .other(_, let bytes):
            return bytes
        }
    }
}

/// A number in network byte order.
func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

/// The Internet checksum of some bytes, their own checksum field being 0 (RFC 1071).
func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for (index, byte) in bytes.enumerated() { sum += UInt32(byte) << (index % 2 == 0 ? 8 : 0) }
    while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
    return ~UInt16(sum)
}
