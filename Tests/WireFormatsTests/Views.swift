import WireFormats

// The testing macros cannot take a span as an argument; these take its bytes.

extension IPv4Packet {
    init?(_ frame: [UInt8]) { self.init(frame.span.bytes) }
    init?(quotedIn frame: [UInt8], at offset: Int) { self.init(quotedIn: frame.span.bytes, at: offset) }
}

extension TCPPacket {
    init?(_ frame: [UInt8]) { self.init(frame.span.bytes) }
    func isIntact(_ frame: [UInt8]) -> Bool { isIntact(frame.span.bytes) }
}

extension TCPOptions {
    /// The options of a header, which stands among bytes that would be more of them.
    init(_ octets: [UInt8]) {
        let bytes = [3, 3, 9] + octets + [3, 3, 9, 2, 4, 1, 1]
        self.init(bytes.span.bytes, 3..<3 + octets.count)
    }

    /// The blocks that count.
    var selective: [[UInt32]] { (0..<blockCount).map { [blocks[$0].start.value, blocks[$0].end.value] } }
}

/// What `write` makes of `count` zero octets.
func written(_ count: Int, _ write: (inout MutableRawSpan) -> Void) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    var span = buffer.mutableSpan
    var raw = span.mutableBytes
    write(&raw)
    return buffer
}
