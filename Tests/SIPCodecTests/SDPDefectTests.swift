import SIPCodec
import TestSupport
import Testing

/// What cannot be read says so, and does not disturb what follows.
@Suite struct SDPDefectTests {
    @Test(
        "A media without a port that is one is still a media, and not to be acted on",
        arguments: [
            "m=audio 65536 RTP/AVP 0", "m=audio 70000 RTP/AVP 0", "m=audio 4294967297 RTP/AVP 0",
            "m=audio 18446744073709551617 RTP/AVP 0", "m=audio 99999999999999999999999999999999999999 RTP/AVP 0",
            "m=audio -1 RTP/AVP 0", "m=audio +5 RTP/AVP 0", "m=audio 0x50 RTP/AVP 0", "m=audio $ RTP/AVP 0",
            "m=audio 5000", "m=audio RTP/AVP 0", "m=audio", "m=", "m= ", "m=audio 5000/ RTP/AVP 0",
            "m=audio 5000/0 RTP/AVP 0",
            "m=audio /2 RTP/AVP 0", "m=audio 5000/x RTP/AVP 0", "m=audio 5000/2/2 RTP/AVP 0",
            "m=audio 5000/65536 RTP/AVP 0", "m=audio 5000,5001 RTP/AVP 0", "m=audio 50 00 RTP/AVP 0/",
        ])
    func media(line: String) {
        let expected = line == "m=audio 50 00 RTP/AVP 0/" ? "media audio 50 other 00" : "media?"
        #expect(items(line + "\r\na=sendonly\r\n") == [expected, "sendOnly"])
    }

    @Test(
        "A connection that is not one of the Internet, or has no address or too much",
        arguments: [
            "c=ATM NSAP 47.0091", "c=IN IPX 10.0.0.1", "c=IN IP4", "c=IN", "c=", "c= ", "c=IN IP4 10.0.0.1 x",
            "c=IN IP4 /127", "c=10.0.0.1", "c=IN IP4 10.0.0.1:5000", "c=IN IP4 [::1]", "c=IN IP4 a,b",
            "c=INN IP4 10.0.0.1",
            "c=IN IP44 10.0.0.1", "c=IN:IP4 10.0.0.1", "c=3DIN IP4 10.0.0.1",
        ])
    func connection(line: String) {
        #expect(items(line + "\r\na=sendonly\r\n") == ["connection?", "sendOnly"])
    }

    @Test("A name that a CR ends is none of ICE's")
    func nameBeforeCarriageReturn() {
        #expect(items("a=ice\rufrag:x\r\na=sendonly\r\n") == ["sendOnly"])
    }

    @Test(
        "An origin that does not end with an address",
        arguments: [
            "o=- 1 1 IN IP4", "o=10.0.0.1", "o=- 1 1 IN IP4 10.0.0.1/127", "o=", "o= ", "o=- 1 1 ATM NSAP 47.0091",
            "o=-",
        ])
    func origin(line: String) {
        #expect(items(line + "\r\na=sendonly\r\n") == ["origin?", "sendOnly"])
    }

    @Test(
        "An a=rtcp without a port, or with half an address",
        arguments: [
            "a=rtcp", "a=rtcp:", "a=rtcp:x", "a=rtcp:65536", "a=rtcp:5000 IN", "a=rtcp:5000 IN IP4",
            "a=rtcp:5000 10.0.0.1",
            "a=rtcp:5000 IN IP4 10.0.0.1 x", "a=rtcp:5000 IN IP4 10.0.0.1/3",
        ])
    func rtcp(line: String) {
        #expect(items(line + "\r\na=sendonly\r\n") == ["rtcp?", "sendOnly"])
    }

    @Test(
        "A candidate with a field missing or out of range",
        arguments: [
            "", "1", "1 1", "1 1 UDP", "1 1 UDP 1", "1 1 UDP 1 10.0.0.1", "1 1 UDP 1 10.0.0.1 5",
            "1 1 UDP 1 10.0.0.1 5 typ",
            "1 1 UDP 1 10.0.0.1 5 host", "1 0 UDP 1 10.0.0.1 5 typ host", "1 257 UDP 1 10.0.0.1 5 typ host",
            "1 x UDP 1 10.0.0.1 5 typ host", "1 4294967297 UDP 1 10.0.0.1 5 typ host",
            "1 1 UDP -1 10.0.0.1 5 typ host", "1 1 UDP 1 10.0.0.1 65536 typ host", "1 1 UDP 1 [::1] 5 typ host",
            "1 1 UDP 1 10.0.0.1 5 typo host",
        ])
    func candidate(value: String) {
        #expect(items("a=candidate:\(value)\r\na=sendonly\r\n") == ["candidate?", "sendOnly"])
    }

    @Test(
        "A path without a URI that names a host is empty",
        arguments: [
            "", "sip:10.0.0.1:5060", "msrp:10.0.0.1", "msrp:/10.0.0.1", "msrp://", "msrp:///x;tcp", "msrp://:5000/x",
            "msrp://10.0.0.1:/x", "msrp://[::1/x", "msrp://[::1]5/x", "msrp://a@/x", "msrp",
            "msrp:", "msrpx://10.0.0.1", "msrp://[]:1", "msrp://[", "msrp://a|b:1/x",
        ])
    func path(value: String) {
        #expect(items("a=path:\(value)\r\na=sendonly\r\n") == ["path", "sendOnly"])
    }

    @Test("A role that is not known", arguments: ["", "x", "activ", "activex", "holdconnx", "actpass x y"])
    func setup(value: String) {
        #expect(items("a=setup:\(value)") == ["setup?"])
    }

    static let addresses: [(text: String, kind: String?)] = [
        ("0.0.0.0", "ipv4"), ("255.255.255.255", "ipv4"), ("10.0.0.1", "ipv4"), ("127.0.0.1", "ipv4"),
        ("256.0.0.1", "name"), ("10.0.0.256", "name"), ("10.0.0.01", "name"), ("00.0.0.1", "name"),
        ("010.0.0.1", "name"),
        ("10.0.0", "name"), ("10.0.0.1.", "name"), (".10.0.0.1", "name"), ("10..0.1", "name"), ("10.0.0.1.1", "name"),
        ("4294967297.0.0.1", "name"), ("10.0.0.4294967297", "name"), ("10.0.0.1x", "name"), ("0x0a.0.0.1", "name"),
        ("167772161", "name"), ("host", "name"), ("a_b-c.example.com.", "name"), ("cafe", "name"),
        ("::", "ipv6"), ("::1", "ipv6"), ("2001:db8::1", "ipv6"), ("FE80::aBcD:1", "ipv6"), ("::ffff:10.0.0.1", "ipv6"),
        ("a:b", nil), ("10.0.0.1:5000", nil), ("::g", nil), ("", nil), ("10.0.0.1 ", nil), ("a b", nil), ("[::1]", nil),
        ("fe80::1%eth0", nil), ("\u{FF}", nil), ("a\u{0}", nil), ("<a>", nil),
    ]

    @Test("What an address is", arguments: addresses)
    func address(row: (text: String, kind: String?)) {
        let field = bytes(row.text)
        let address = SDPAddress(field.span.bytes, 0..<field.count)
        #expect(address.map { written(field, $0) } == row.kind.map { "\($0) \(row.text)" })
    }
}
