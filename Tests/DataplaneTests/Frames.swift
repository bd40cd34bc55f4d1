import WireFormats

/// Frames for the worker: Ethernet, IPv4, and TCP or ICMP, with right checksums.
enum Frames {
    /// A TCP segment without data.
    static func segment(from source: Endpoint, to destination: Endpoint, flags: TCPFlags) -> [UInt8] {
        var tcp = octets(source.port) + octets(destination.port) + [0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags.rawValue]
        tcp += [0x10, 0, 0, 0, 0, 0]
        let pseudo = octets(source.address) + octets(destination.address) + [0, 6] + octets(UInt16(tcp.count))
        tcp.replaceSubrange(16..<18, with: octets(checksum(pseudo + tcp)))
        return packet(from: source.address, to: destination.address, protocolNumber: 6, tcp)
    }

    /// A router's "time exceeded" about a frame, to whoever sent that.
    static func error(about frame: [UInt8]) -> [UInt8] {
        var icmp: [UInt8] = [11, 0, 0, 0, 0, 0, 0, 0] + frame[14..<42]
        icmp.replaceSubrange(2..<4, with: octets(checksum(icmp)))
        let sender = IPv4Address(frame[26], frame[27], frame[28], frame[29])
        return packet(from: IPv4Address(198, 51, 100, 1), to: sender, protocolNumber: 1, icmp)
    }

    private static func packet(
        from source: IPv4Address, to destination: IPv4Address, protocolNumber: UInt8, _ payload: [UInt8]
    ) -> [UInt8] {
        var header = [0x45, 0] + octets(UInt16(20 + payload.count)) + [0, 0, 0x40, 0, 64, protocolNumber, 0, 0]
        header += octets(source) + octets(destination)
        header.replaceSubrange(10..<12, with: octets(checksum(header)))
        return [UInt8](repeating: 2, count: 12) + [8, 0] + header + payload
    }

    private static func octets(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xff)] }

    private static func octets(_ address: IPv4Address) -> [UInt8] { (0..<4).map(address.octet) }

    /// RFC 1071, written a second time.
    private static func checksum(_ octets: [UInt8]) -> UInt16 {
        var sum = stride(from: 0, to: octets.count, by: 2).reduce(0) { sum, place in
            sum + Int(octets[place]) << 8 + (place + 1 < octets.count ? Int(octets[place + 1]) : 0)
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return ~UInt16(sum)
    }
}
