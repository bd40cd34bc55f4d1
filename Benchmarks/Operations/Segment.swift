import WireFormats

/// A TCP segment as a frame, made once and then sent with other numbers.
struct Segment {
    private static let data = 54
    private var bytes: [UInt8]

    init(
        source: Endpoint = Endpoint("10.0.0.5:40001")!, destination: Endpoint = Endpoint("198.51.100.9:21")!,
        flags: TCPFlags = .ack, data: [UInt8]
    ) {
        bytes = [UInt8](repeating: 0, count: Segment.data) + data
        var span = bytes.mutableSpan
        var frame = span.mutableBytes
        frame.put(0x0800 as UInt16, at: 12)
        frame.put(0x4500_0000 | UInt32(40 + data.count), at: 14)
        frame.put(0x4006_0000 as UInt32, at: 22)
        frame.put(source.address, at: 26)
        frame.put(destination.address, at: 30)
        frame.put(Checksum.finish(Checksum.sum(frame.bytes, 14..<34)), at: 24)
        frame.put(source.port, at: 34)
        frame.put(destination.port, at: 36)
        frame.put(0x5000_0000 | UInt32(flags.rawValue) << 16 | 65535, at: 46)
    }

    /// Octets of data.
    var count: Int { bytes.count - Segment.data }

    /// The frame with these numbers and the right checksum.
    mutating func frame(sequence: SequenceNumber, acknowledgement: SequenceNumber) -> [UInt8] {
        var span = bytes.mutableSpan
        var frame = span.mutableBytes
        frame.put(sequence.value, at: 38)
        frame.put(acknowledgement.value, at: 42)
        frame.put(0 as UInt16, at: 50)
        // The pseudo header: addresses, protocol, length.
        let pseudo = Checksum.sum(frame.bytes, 26..<34) + UInt64(UInt16(6).bigEndian)
        let length = UInt64(UInt16(frame.byteCount - 34).bigEndian)
        frame.put(Checksum.finish(Checksum.sum(frame.bytes, 34..<frame.byteCount, onto: pseudo + length)), at: 50)
        return bytes
    }
}
