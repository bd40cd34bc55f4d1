import SIPCodec

/// Parsing SIP.
extension Operation {
    static var sip: [Operation] {
        [
            onInvite("sip-message", 300) { bytes, rows in
                guard let message = try? SIPMessage.parse(bytes, isStream: false, rows: &rows) else { return 0 }
                return UInt64(message.body.lowerBound &+ rows.count)
            },
            onInvite("sip-addresses", 900) { bytes, rows in
                guard let message = try? SIPMessage.parse(bytes, isStream: false, rows: &rows) else { return 0 }
                return addresses(of: message, bytes, rows)
            },
        ]
    }

    /// Every host that a gateway would look at, each a bit of the sum.
    private static func addresses(
        of message: SIPMessage, _ bytes: borrowing RawSpan, _ rows: borrowing HeaderRows
    ) -> UInt64 {
        var sum = port(bytes, message.startLine.uri)
        for index in 0..<rows.count {
            let row = rows[index]
            switch row.name {
            case .via:
                var values = ValueList(row.value)
                while let value = values.next(in: bytes) { sum &+= UInt64(ViaValue(bytes, value)?.sentBy.port ?? 0) }
            case .from, .to: sum &+= address(bytes, row.value)
            case .contact, .route, .recordRoute:
                var values = ValueList(row.value)
                while let value = values.next(in: bytes) { sum &+= address(bytes, value) }
            default: break
            }
        }
        return sum
    }

    private static func address(_ bytes: borrowing RawSpan, _ value: Range<Int>) -> UInt64 {
        NameAddress(bytes, value).map { port(bytes, $0.uri) } ?? 0
    }

    private static func port(_ bytes: borrowing RawSpan, _ uri: Range<Int>) -> UInt64 {
        UInt64(SIPURI(bytes, uri)?.host?.port ?? 1)
    }

    private static func onInvite(
        _ name: String, _ mostNanoseconds: Double,
        _ work: @escaping @Sendable (RawSpan, inout HeaderRows) -> UInt64
    ) -> Operation {
        Operation(name: name, mostNanoseconds: mostNanoseconds) {
            let bytes = Array(invite.utf8)
            return { count in
                var rows = HeaderRows()
                var sum: UInt64 = 0
                for _ in 0..<count { sum &+= work(bytes.span.bytes, &rows) }
                return sum
            }
        }
    }

    /// 725 bytes, as a telephone behind NAT sends them.
    private static let invite = """
        INVITE sip:bob@203.0.113.20:5060 SIP/2.0\r
        Via: SIP/2.0/UDP 192.168.1.10:5060;rport;branch=z9hG4bKPj5a1f0c2e9d3b\r
        Max-Forwards: 70\r
        From: "Alice" <sip:alice@192.168.1.10>;tag=7c3e91d0a2b84f65\r
        To: <sip:bob@203.0.113.20>\r
        Contact: <sip:alice@192.168.1.10:5060;ob>\r
        Call-ID: e4f7a2c19b3d4856@192.168.1.10\r
        CSeq: 21764 INVITE\r
        Allow: PRACK, INVITE, ACK, BYE, CANCEL, UPDATE, INFO, REFER\r
        Supported: replaces, 100rel, timer\r
        User-Agent: Telephone9\r
        Content-Type: application/sdp\r
        Content-Length: 227\r
        \r
        v=0\r
        o=alice 3915234561 3915234561 IN IP4 192.168.1.10\r
        s=-\r
        c=IN IP4 192.168.1.10\r
        t=0 0\r
        m=audio 40000 RTP/AVP 0 8 101\r
        a=rtpmap:0 PCMU/8000\r
        a=rtpmap:8 PCMA/8000\r
        a=rtpmap:101 telephone-event/8000\r
        a=sendrecv\r
        a=rtcp:40001\r

        """
}
