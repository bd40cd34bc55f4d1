import SIPCodec
import WireFormats

/// Reading session descriptions.
extension Operation {
    static var sessionDescriptions: [Operation] {
        [
            Operation(name: "sdp-read", mostNanoseconds: 400) {
                let offer = Array(offer.utf8)
                let sender = KnownEndpoint(Endpoint(IPv4Address(192, 168, 1, 10), 5060))
                let receiver = KnownEndpoint(Endpoint(IPv4Address(198, 51, 100, 9), 5060))
                let known = KnownEndpoints(sender, receiver)
                return { count in
                    var sum: UInt64 = 0
                    for _ in 0..<count { sum &+= read(offer.span.bytes, known) }
                    return sum
                }
            }
        ]
    }

    /// What a phone offers: 263 bytes.
    private static let offer = [
        "v=0", "o=alice 2890844526 2890844526 IN IP4 192.168.1.10", "s=-", "c=IN IP4 192.168.1.10", "t=0 0",
        "m=audio 49170 RTP/AVP 0 8 9 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:9 G722/8000",
        "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", "a=ptime:20", "a=sendrecv", "",
    ].joined(separator: "\r\n")

    /// Reads all that a gateway needs of it, as it stands in the middle of a frame, in a message whose sender and receiver are
    /// known.
    private static func read(_ bytes: RawSpan, _ known: KnownEndpoints) -> UInt64 {
        var reader = SDPReader(0..<bytes.byteCount)
        var sum = 0
        while let line = reader.next(in: bytes) {
            switch line.kind {
            case .origin: sum &+= SDPOrigin(bytes, line.value, known: known)?.address.range.lowerBound ?? 0
            case .connection: sum &+= SDPConnection(bytes, line.value, known: known)?.address.range.lowerBound ?? 0
            case .media:
                sum &+= SDPMedia(bytes, line.value).map { Int($0.port.number) } ?? 0
                // The clock rate of its first payload type is fixed.
                reader.skipsRTPMaps = true
            default: sum &+= line.value.lowerBound
            }
        }
        return UInt64(sum)
    }
}
