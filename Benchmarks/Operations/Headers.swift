import WireFormats

/// Views of headers, and checksums.
extension Operation {
    static var headers: [Operation] {
        [
            onSegment("ipv4-header", 60) { bytes in
                IPv4Packet(bytes).map { UInt64($0.payload.count) } ?? 0
            },
            onSegment("tcp-header", 120) { bytes in
                TCPPacket(bytes).map { UInt64($0.payload.count) } ?? 0
            },
            onSegment("checksum-1460", 600) { bytes in UInt64(Checksum.finish(Checksum.sum(bytes, 54..<1514))) },
            Operation(name: "checksum-update", mostNanoseconds: 20) {
                { count in
                    var checksum: UInt16 = 0x1234
                    for number in 0..<count {
                        checksum = Checksum.updated(
                            checksum, replacing: UInt32(truncatingIfNeeded: number), by: 0xcb00_7107)
                    }
                    return UInt64(checksum)
                }
            },
        ]
    }

    /// An operation on a full segment with timestamps, as most of a transfer are.
    private static func onSegment(
        _ name: String, _ mostNanoseconds: Double, _ work: @escaping @Sendable (RawSpan) -> UInt64
    ) -> Operation {
        Operation(name: name, mostNanoseconds: mostNanoseconds) {
            var segment = Segment(data: [UInt8](repeating: 0x5a, count: 1460))
            let frame = segment.frame(sequence: SequenceNumber(1), acknowledgement: SequenceNumber(2))
            return { count in
                var sum: UInt64 = 0
                for _ in 0..<count { sum &+= work(frame.span.bytes) }
                return sum
            }
        }
    }
}
