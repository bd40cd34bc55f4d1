import WireFormats

/// A frame for the router, with a payload of zeros as long as G.711 with 20 ms has it, and right checksums.
struct Frame {
    static let payload = 172
    var source: Endpoint
    var destination: Endpoint
    var isTCP = false
    var vlan: UInt16?
    /// Flags and offset of IPv4 as one word; 0x4000 is Don't Fragment.
    var fragment: UInt16 = 0x4000

    var bytes: [UInt8] {
        let transport = transport
        var header: [UInt8] = [0x45, 0] + big(UInt16(20 + transport.count)) + [0, 1] + big(fragment)
        header += [64, isTCP ? 6 : 17, 0, 0] + octets(source.address) + octets(destination.address)
        put(Checksum.sum(header.span.bytes, 0..<20), into: &header, at: 10)
        return Frame.ethernet(vlan, 0x0800) + header + transport
    }

    private var transport: [UInt8] {
        let payload = [UInt8](repeating: 0, count: Frame.payload)
        var bytes = big(source.port) + big(destination.port)
        bytes +=
            isTCP ? [0, 0, 0, 7, 0, 0, 0, 9, 0x50, 0x10, 1, 0, 0, 0, 0, 0] : big(UInt16(8 + payload.count)) + [0, 0]
        bytes += payload
        let pseudo = Checksum.pseudoHeader(
            source.address, destination.address, protocol: isTCP ? 6 : 17, length: bytes.count)
        put(Checksum.sum(bytes.span.bytes, 0..<bytes.count, onto: pseudo), into: &bytes, at: isTCP ? 16 : 6)
        return bytes
    }

    /// A TCP segment from inside over IPv6, between 2001:db8::1 and 2001:db8::2. Its checksum is not filled in.
    static func ipv6(from: UInt16, to: UInt16) -> [UInt8] {
        func address(_ last: UInt8) -> [UInt8] { [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [last] }
        let length = 20 + payload
        return ethernet(nil, 0x86dd) + [0x60, 0, 0, 0] + big(UInt16(length)) + [6, 64] + address(1) + address(2)
            + big(from) + big(to) + [0, 0, 0, 7, 0, 0, 0, 9, 0x50, 0x10] + [UInt8](repeating: 0, count: 6 + payload)
    }

    private static func ethernet(_ vlan: UInt16?, _ type: UInt16) -> [UInt8] {
        Router.station + [2, 0, 0, 0, 9, 9] + (vlan.map { big(0x8100) + big($0) } ?? []) + big(type)
    }

    private func put(_ sum: UInt64, into bytes: inout [UInt8], at offset: Int) {
        bytes.replaceSubrange(offset..<offset + 2, with: big(Checksum.finish(sum)))
    }

    private func octets(_ address: IPv4Address) -> [UInt8] { (0..<4).map { address.octet($0) } }
}

/// A number in network byte order.
private func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }
