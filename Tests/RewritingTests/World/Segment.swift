import WireFormats

/// A TCP segment over IPv4, as the model makes and reads it: written from the RFCs for the tests alone, so that nothing
/// of the gateway's own reading, writing or checksums is taken on trust.
struct Segment {
    /// The options that hosts use.
    struct Options {
        var maximumSegment: UInt16?
        var windowShift: UInt8?
        var permitsSelective = false
        var timestamps: (own: UInt32, echo: UInt32)?
        var selective: [(start: UInt32, end: UInt32)] = []

        /// Octets in the header, padding included.
        var length: Int {
            (maximumSegment == nil ? 0 : 4) + (windowShift == nil ? 0 : 4) + (permitsSelective ? 4 : 0)
                + (timestamps == nil ? 0 : 12) + (selective.isEmpty ? 0 : 4 + 8 * selective.count)
        }

        fileprivate func append(to bytes: inout [UInt8]) {
            if let size = maximumSegment { bytes.append(word: 0x0204_0000 | UInt32(size)) }
            if let shift = windowShift { bytes.append(word: 0x0103_0300 | UInt32(shift)) }
            if permitsSelective { bytes.append(word: 0x0101_0402) }
            if let (own, echo) = timestamps { for word in [0x0101_080A, own, echo] { bytes.append(word: word) } }
            if selective.isEmpty { return }
            bytes.append(word: 0x0101_0502 + UInt32(8 * selective.count))
            for block in selective { for word in [block.start, block.end] { bytes.append(word: word) } }
        }
    }

    var source: Endpoint
    var destination: Endpoint
    var sequence: UInt32 = 0
    var acknowledgement: UInt32 = 0
    var flags: TCPFlags = .ack
    var window: UInt16 = 0
    var urgentPointer: UInt16 = 0
    var options = Options()
    var data: [UInt8] = []
    var timeToLive: UInt8 = 64

    /// How many sequence numbers it takes.
    var length: Int { data.count + (flags.has(.syn) ? 1 : 0) + (flags.has(.fin) ? 1 : 0) }

    /// The Ethernet frame.
    var frame: [UInt8] {
        let header = 20 + options.length
        var bytes = [UInt8]()
        bytes.reserveCapacity(34 + header + data.count)
        for _ in 0..<3 { bytes.append(word: 0) }
        bytes.append(half: 0x0800)
        bytes.append(word: 0x4500_0000 | UInt32(20 + header + data.count))
        bytes.append(word: 0x0000_4000)
        bytes.append(word: UInt32(timeToLive) << 24 | 6 << 16)
        bytes.append(word: source.address.value)
        bytes.append(word: destination.address.value)
        bytes.append(word: UInt32(source.port) << 16 | UInt32(destination.port))
        bytes.append(word: sequence)
        bytes.append(word: acknowledgement)
        bytes.append(word: UInt32(header) << 26 | UInt32(flags.rawValue) << 16 | UInt32(window))
        bytes.append(word: UInt32(urgentPointer))
        options.append(to: &bytes)
        bytes += data
        put(~onesSum(bytes, 14..<34), into: &bytes, at: 24)
        put(~tcpSum(bytes, 34), into: &bytes, at: 50)
        return bytes
    }
}

/// Why a frame is not what a host would accept.
struct FrameDefect: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension Segment {
    /// Reads an Ethernet frame strictly: lengths, both checksums, every option.
    init(_ frame: [UInt8]) throws {
        func require(_ condition: Bool, _ text: String) throws {
            if !condition { throw FrameDefect(text) }
        }
        try require(frame.count >= 54 && frame[12] == 0x08 && frame[13] == 0, "no IPv4 frame with room for TCP")
        try require(frame[14] == 0x45, "IPv4 header is not five words long")
        let total = Int(number16(frame, 16))
        try require(total >= 40 && 14 + total == frame.count, "total length \(total) in a frame of \(frame.count)")
        try require(onesSum(frame, 14..<34) == 0xffff, "IPv4 checksum wrong")
        try require(frame[23] == 6, "not TCP")
        let header = Int(frame[46] >> 4) * 4
        try require(header >= 20 && 34 + header <= frame.count, "TCP header of \(header)")
        try require(tcpSum(frame, 34) == 0xffff, "TCP checksum wrong")
        source = Endpoint(IPv4Address(number32(frame, 26)), number16(frame, 34))
        destination = Endpoint(IPv4Address(number32(frame, 30)), number16(frame, 36))
        sequence = number32(frame, 38)
        acknowledgement = number32(frame, 42)
        flags = TCPFlags(rawValue: frame[47])
        window = number16(frame, 48)
        urgentPointer = number16(frame, 52)
        timeToLive = frame[22]
        data = Array(frame[(34 + header)...])
        try readOptions(frame, 54..<34 + header)
    }

    private mutating func readOptions(_ frame: [UInt8], _ range: Range<Int>) throws {
        var offset = range.lowerBound
        while offset < range.upperBound, frame[offset] != 0 {
            guard frame[offset] != 1 else {
                offset += 1
                continue
            }
            guard offset + 1 < range.upperBound, frame[offset + 1] >= 2,
                offset + Int(frame[offset + 1]) <= range.upperBound
            else { throw FrameDefect("option of kind \(frame[offset]) does not fit") }
            let length = Int(frame[offset + 1])
            switch (frame[offset], length) {
            case (2, 4): options.maximumSegment = number16(frame, offset + 2)
            case (3, 3): options.windowShift = frame[offset + 2]
            case (4, 2): options.permitsSelective = true
            case (5, _):
                for block in stride(from: offset + 2, to: offset + length, by: 8) {
                    options.selective.append((number32(frame, block), number32(frame, block + 4)))
                }
            case (8, 10): options.timestamps = (number32(frame, offset + 2), number32(frame, offset + 6))
            default: throw FrameDefect("unexpected option of kind \(frame[offset])")
            }
            offset += length
        }
    }
}

extension [UInt8] {
    /// Appends a number in network byte order.
    mutating func append(half number: UInt16) {
        append(UInt8(number >> 8))
        append(UInt8(truncatingIfNeeded: number))
    }

    /// Appends a number in network byte order.
    mutating func append(word number: UInt32) {
        append(half: UInt16(number >> 16))
        append(half: UInt16(truncatingIfNeeded: number))
    }
}

func number16(_ bytes: [UInt8], _ offset: Int) -> UInt16 { UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1]) }

func number32(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    UInt32(number16(bytes, offset)) << 16 | UInt32(number16(bytes, offset + 2))
}

func put(_ number: UInt16, into bytes: inout [UInt8], at offset: Int) {
    bytes[offset] = UInt8(number >> 8)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: number)
}

/// The one's complement sum of the 16-bit words in a range (RFC 1071), read as the RFC writes it.
func onesSum(_ bytes: [UInt8], _ range: Range<Int>, onto initial: UInt32 = 0) -> UInt16 {
    var sum = initial
    bytes.withUnsafeBufferPointer { bytes in
        var offset = range.lowerBound
        while offset + 1 < range.upperBound {
            sum += UInt32(bytes[offset]) << 8 | UInt32(bytes[offset + 1])
            offset += 2
        }
        if offset < range.upperBound { sum += UInt32(bytes[offset]) << 8 }
    }
    while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
    return UInt16(sum)
}

/// The sum over the pseudo header and the segment that starts at an offset of a frame (RFC 9293 section 3.1).
func tcpSum(_ frame: [UInt8], _ offset: Int) -> UInt16 {
    var pseudo = UInt32(6) + UInt32(frame.count - offset)
    for word in stride(from: 26, to: 34, by: 2) { pseudo += UInt32(number16(frame, word)) }
    return onesSum(frame, offset..<frame.count, onto: pseudo)
}
