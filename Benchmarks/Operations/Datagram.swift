import WireFormats

/// A UDP datagram as a frame, with the right checksums.
struct Datagram {
    let frame: [UInt8]

    init(from source: Endpoint, to destination: Endpoint, data: [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: 42) + data
        var span = bytes.mutableSpan
        var frame = span.mutableBytes
        frame.put(0x0800 as UInt16, at: 12)
        frame.put(0x4500_0000 | UInt32(28 + data.count), at: 14)
        frame.put(0x4011_0000 as UInt32, at: 22)
        frame.put(source.address, at: 26)
        frame.put(destination.address, at: 30)
        frame.put(Checksum.finish(Checksum.sum(frame.bytes, 14..<34)), at: 24)
        frame.put(source.port, at: 34)
        frame.put(destination.port, at: 36)
        frame.put(UInt16(8 + data.count), at: 38)
        let pseudo = Checksum.pseudoHeader(
            source.address, destination.address, protocol: 17, length: 8 + data.count)
        frame.put(Checksum.finish(Checksum.sum(frame.bytes, 34..<frame.byteCount, onto: pseudo)), at: 40)
        self.frame = bytes
    }

    /// What it is to its receiver.
    var packet: UDPPacket {
        let bytes = frame.span.bytes
        guard let packet = IPv4Packet(bytes).flatMap({ UDPPacket($0, bytes) }) else {
            preconditionFailure("a frame that is no datagram")
        }
        return packet
    }
}
