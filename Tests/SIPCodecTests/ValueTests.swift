import SIPCodec
import TestSupport
import Testing
import WireFormats

/// The values of header fields: lists, addresses, URIs, parameters.
@Suite struct ValueTests {
    static let lists: [(text: String, values: [String])] = [
        ("a", ["a"]), ("", []), (" , ,, ", []), ("a,b", ["a", "b"]), (" a \r\n , \tb ,", ["a", "b"]),
        ("<sip:a,b@c>,<sip:d@e>", ["<sip:a,b@c>", "<sip:d@e>"]),
        ("\"x, \\\", y\" <sip:a@b>;q=\"1,2\" , <sip:c@d>", ["\"x, \\\", y\" <sip:a@b>;q=\"1,2\"", "<sip:c@d>"]),
        ("x (a, (b,) \\), c) y, z", ["x (a, (b,) \\), c) y", "z"]),
        ("\"not closed, <sip:a@b>", ["\"not closed, <sip:a@b>"]), ("<sip:a@b, c", ["<sip:a@b, c"]),
        ("(not closed, b", ["(not closed, b"]), ("\"ends with backslash,\\", ["\"ends with backslash,\\"]),
        ("(ends with backslash,\\", ["(ends with backslash,\\"]),
    ]

    @Test("RFC 3261 7.3.1: values separated by commas", arguments: lists)
    func list(row: (text: String, values: [String])) {
        let all = bytes("," + row.text + ",more")
        var list = ValueList(1..<all.count - 5)
        var values: [String] = []
        while let value = list.next(in: all.span.bytes) { values.append(text(all, value)) }
        #expect(values == row.values)
    }

    static let addresses: [(text: String, name: String?, uri: String?, parameters: String)] = [
        ("<sip:a@b>", nil, "sip:a@b", ""), ("sip:a@b", nil, "sip:a@b", ""),
        ("sip:a@b;tag=1", nil, "sip:a@b", ";tag=1"), ("sip:a@b ;tag=1", nil, "sip:a@b", ";tag=1"),
        ("<sip:a@b;lr> ; tag=1", nil, "sip:a@b;lr", "; tag=1"), ("< sip:a@b >", nil, "sip:a@b", ""),
        ("Bob <sip:a@b>", "Bob", "sip:a@b", ""), ("A. B <sip:a@b>;x", "A. B", "sip:a@b", ";x"),
        ("\"A <x:y> \\\" ;\"<sip:a@b>", "\"A <x:y> \\\" ;\"", "sip:a@b", ""),
        ("\"A\"\r\n <sip:a@b>\r\n ;x", "\"A\"", "sip:a@b", ";x"),
        ("sip:a@b;x=\"<sip:c@d>\"", nil, "sip:a@b", ";x=\"<sip:c@d>\""), ("tel:+1", nil, "tel:+1", ""),
        ("", nil, nil, ""), ("<>", nil, nil, ""), ("<sip:a@b", nil, nil, ""), ("\"A <sip:a@b>", nil, nil, ""),
        ("\"A\" sip:a@b", nil, nil, ""), ("<sip:a@b> x", nil, nil, ""), (";tag=1", nil, nil, ""),
        ("\"A\"", nil, nil, ""),
        ("\"A\\", nil, nil, ""),
    ]

    @Test("RFC 3261 20.10: name-addr and addr-spec", arguments: addresses)
    func address(row: (text: String, name: String?, uri: String?, parameters: String)) {
        let all = bytes("<" + row.text + ";>")
        let address = NameAddress(all.span.bytes, 1..<all.count - 2)
        #expect(address.map { text(all, $0.uri) } == row.uri)
        #expect(address?.displayName.map { text(all, $0) } == row.name)
        #expect(address.map { text(all, $0.parameters) } ?? "" == row.parameters)
        guard let address else { return }
        #expect(address.isBracketed == (text(all, address.uri.upperBound..<all.count).drop { $0 == " " }.first == ">"))
    }

    @Test func `RFC 3261 10.2.2: an asterisk stands for all contacts`() {
        let all = bytes("*x")
        let wildcard = NameAddress.isWildcard(all.span.bytes, 0..<1)
        let more = NameAddress.isWildcard(all.span.bytes, 0..<2)
        let other = NameAddress.isWildcard(all.span.bytes, 1..<2)
        #expect(wildcard && !more && !other)
    }

    static let uris: [(text: String, user: String?, host: String, kind: SIPHost.Kind, port: UInt16?, rest: [String?])] =
        [
            ("sip:a@10.0.0.5", "a", "10.0.0.5", .ipv4(IPv4Address(10, 0, 0, 5)), nil, ["", nil]),
            ("SIP:10.0.0.5:5060", nil, "10.0.0.5", .ipv4(IPv4Address(10, 0, 0, 5)), 5060, ["", nil]),
            ("sips:a@b.c:1;lr?x=y", "a", "b.c", .name, 1, [";lr", "x=y"]),
            (
                "sip:a;p=1:pw%40@0.0.0.0;maddr=1.2.3.4;ob", "a;p=1:pw%40", "0.0.0.0", .ipv4(IPv4Address(0)), nil,
                [";maddr=1.2.3.4;ob", nil]
            ),
            ("sip:a@[2001:db8::1]:65535;lr", "a", "[2001:db8::1]", .ipv6, 65535, [";lr", nil]),
            ("sip:[::ffff:192.0.2.2]?h", nil, "[::ffff:192.0.2.2]", .ipv6, nil, ["", "h"]),
            ("sip:255.255.255.255", nil, "255.255.255.255", .ipv4(IPv4Address(.max)), nil, ["", nil]),
            ("sip:256.0.0.1", nil, "256.0.0.1", .name, nil, ["", nil]),
            ("sip:1.2.3.999", nil, "1.2.3.999", .name, nil, ["", nil]),
            ("sip:10.0.0.05", nil, "10.0.0.05", .name, nil, ["", nil]),
            ("sip:00.0.0.5", nil, "00.0.0.5", .name, nil, ["", nil]),
            ("sip:10.0.0.5.", nil, "10.0.0.5.", .name, nil, ["", nil]),
            ("sip:10.0.0.5a", nil, "10.0.0.5a", .name, nil, ["", nil]),
            ("sip:10.0.5", nil, "10.0.5", .name, nil, ["", nil]),
            ("sip:1.2.3.4.5", nil, "1.2.3.4.5", .name, nil, ["", nil]),
            ("sip:1..3.4.5", nil, "1..3.4.5", .name, nil, ["", nil]),
            ("sip:1.2.3.", nil, "1.2.3.", .name, nil, ["", nil]),
            ("sip:1.2.3.4444", nil, "1.2.3.4444", .name, nil, ["", nil]),
            ("sip:1-2.3.4", nil, "1-2.3.4", .name, nil, ["", nil]),
            ("sip:10.0.0.5:0", nil, "10.0.0.5", .name, nil, ["", nil]),
            ("sip:10.0.0.5:65536", nil, "10.0.0.5", .name, nil, ["", nil]),
            ("sip:10.0.0.5:4294972356", nil, "10.0.0.5", .name, nil, ["", nil]),
            ("sip:10.0.0.5:99999999999999999999;lr", nil, "10.0.0.5", .name, nil, [";lr", nil]),
            ("sip:a_b.c-d", nil, "a_b.c-d", .name, nil, ["", nil]),
        ]

    @Test("RFC 3261 19.1: sip and sips", arguments: uris)
    func uri(row: (text: String, user: String?, host: String, kind: SIPHost.Kind, port: UInt16?, rest: [String?]))
        throws
    {
        // What follows in the span may look like more of it, or not be there at all.
        for tail in ["", "9.9:9@9;9?9 and some more that is long"] {
            let all = bytes(row.text + tail)
            let uri = try #require(readURI(all, 0..<all.count - tail.utf8.count))
            let host = try #require(uri.host)
            #expect(uri.userInfo.map { text(all, $0) } == row.user)
            #expect(text(all, host.range) == row.host && host.kind == row.kind && host.port == row.port)
            #expect([text(all, uri.parameters), uri.headers.map { text(all, $0) }] == row.rest)
            #expect(host.portRange.lowerBound == host.range.upperBound)
        }
    }

    @Test(
        "A URI that breaks the grammar is none",
        arguments: [
            "", "sip:", "sips:", "sip:@b", "sip:a@", "sip:a@b:", "sip:a@b:x", "sip:a@b@c", "sip:[::1", "sip:[]",
            "sip:[g]",
            "sip:2001:db8::10", "sip:a@b/c", "sip:a@b,c", "sip:a b", "10.0.0.5", "tel:", ":x", "1x:y", "sip",
            "sip:;lr", "sip:a@b:5060x", "sip:a@[::1]x",
        ])
    func noURI(uri: String) {
        let all = bytes(uri)
        let read = SIPURI(all.span.bytes, 0..<all.count)
        #expect(read == nil)
    }

    @Test(
        "Other schemes are known to be no more than that", arguments: ["tel:+1", "urn:service:sos", "soap.beep://h:1"])
    func otherScheme(text: String) throws {
        let all = bytes(text)
        let uri = try #require(readURI(all, 0..<all.count))
        #expect(uri.scheme == .other && uri.host == nil && uri.userInfo == nil && uri.headers == nil)
    }

    static let parameters: [(text: String, all: [String])] = [
        ("", []), (";lr", ["lr"]), (";tag=1;lr", ["tag=1", "lr"]), (" ; tag \r\n = 1 ; lr ", ["tag=1", "lr"]),
        (";x=\"a;tag=2\";tag=3", ["x=\"a;tag=2\"", "tag=3"]),
        (";x=\"a\\\";tag=2\";tag=3", ["x=\"a\\\";tag=2\"", "tag=3"]),
        (";;;", []), (";x=", ["x="]), (";=y", ["=y"]), (";x=\"not closed;tag=1", ["x=\"not closed;tag=1"]),
        (";x=y tag=z;lr", ["x=y", "lr"]), (";x y;lr", ["x", "lr"]), (";x=\"y\" tag=z;lr", ["x=\"y\"", "lr"]),
        (";received=[2001:db8::1];x", ["received=[2001:db8::1]", "x"]), (";a=b=c", ["a=b=c"]),
    ]

    @Test("RFC 3261 25.1: parameters", arguments: parameters)
    func parameter(row: (text: String, all: [String])) {
        let all = bytes("x" + row.text + "=y;tag=outside")
        var parameters = Parameters(1..<1 + row.text.unicodeScalars.count)
        var read: [String] = []
        while let next = parameters.next(in: all.span.bytes) {
            read.append(text(all, next.nameRange) + (next.value.map { "=" + text(all, $0) } ?? ""))
        }
        #expect(read == row.all)
    }

    static let names: [(text: String, name: ParameterName)] = [
        ("tag", .tag), ("branch", .branch), ("received", .received), ("rport", .rport), ("maddr", .maddr),
        ("ttl", .ttl),
        ("keep", .keep), ("expires", .expires), ("q", .q), ("transport", .transport), ("lr", .lr), ("ob", .ob),
        ("user", .user), ("to-tag", .toTag), ("from-tag", .fromTag), ("early-only", .earlyOnly),
        ("refresher", .refresher), ("boundary", .boundary), ("+sip.instance", .sipInstance), ("reg-id", .regID),
        ("tags", .other), ("ta", .other), ("transporx", .other), ("xransport", .other),
        ("a-name-of-many-letters", .other),
    ]

    @Test("Names of parameters in any case", arguments: names)
    func name(row: (text: String, name: ParameterName)) {
        for spelling in [row.text, row.text.uppercased()] {
            let all = bytes(";a;\(spelling)=v;tag=2;branch=3")
            var parameters = Parameters(0..<all.count)
            _ = parameters.next(in: all.span.bytes)
            let read = parameters.next(in: all.span.bytes)
            #expect(read?.name == row.name)
            if row.name == .other { continue }
            let value = Parameters.value(of: row.name, in: all.span.bytes, 0..<all.count)
            #expect(value.map { text(all, $0) } == "v")
        }
    }

    static let vias: [(text: String, transport: String, host: String, port: UInt16?, portText: String)] = [
        ("SIP/2.0/UDP 10.0.0.5:5060;branch=z", "UDP", "10.0.0.5", 5060, ":5060"),
        ("SIP/2.0/TCP a.b", "TCP", "a.b", nil, ""),
        ("sip/2.0/tls [2001:db8::9:1]:6050;branch=z", "tls", "[2001:db8::9:1]", 6050, ":6050"),
        ("SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z", "UDP", "192.168.255.111", nil, ""),
        ("SIP/2.0/UDP\r\n\tb : \t 5070 ;branch=z", "UDP", "b", 5070, " : \t 5070"),
        ("SIP/7.0/UNKNOWN t4.example.com;branch=z", "UNKNOWN", "t4.example.com", nil, ""),
        ("SIP/2.0/UDP 192.0.2.15;;", "UDP", "192.0.2.15", nil, ""),
    ]

    @Test("RFC 3261 20.42: Via", arguments: vias)
    func via(row: (text: String, transport: String, host: String, port: UInt16?, portText: String)) throws {
        let all = bytes(row.text + ":1")
        let via = try #require(readVia(all, 0..<all.count - 2))
        #expect(text(all, via.transport) == row.transport)
        #expect(text(all, via.sentBy.range) == row.host && via.sentBy.port == row.port)
        #expect(text(all, via.sentBy.portRange) == row.portText)
        #expect(via.branch?.value.map { text(all, $0) } == (row.text.contains("branch") ? "z" : nil))
    }

    @Test(
        "What is no Via",
        arguments: [
            "", ";", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0 a", "SIP/2.0/ UDP", "/2.0/UDP a", "SIP/2.0/UDP;a",
            "SIP/2.0/UDP a:b",
            "SIP/2.0/UDP a x", "SIP/2.0/UDP 2001:db8::1", "SIP/2.0/UDP ,", "SIP", "SIP/", "SIP/2.0/UDP/x a",
        ])
    func noVia(via: String) {
        let all = bytes(via)
        let read = ViaValue(all.span.bytes, 0..<all.count)
        #expect(read == nil)
    }

    @Test func `RFC 3581, 6223: the parameters of a Via, each once`() throws {
        let all = bytes(
            "SIP/2.0/UDP h;RPORT;received=[2001:db8::9:255];maddr=224.0.1.75;ttl=16;keep;branch=b1;branch=b2;rport=5")
        let via = try #require(readVia(all, 0..<all.count))
        #expect(via.rport.map { text(all, $0.nameRange) } == "RPORT" && via.rport?.value == nil)
        #expect(via.received?.value.map { text(all, $0) } == "[2001:db8::9:255]")
        #expect(via.maddr?.value.map { text(all, $0) } == "224.0.1.75" && via.ttl?.value.map { text(all, $0) } == "16")
        #expect(via.keep != nil && via.keep?.value == nil && via.branch?.value.map { text(all, $0) } == "b1")
        let response = bytes("SIP/2.0/UDP h;rport=5060;keep=30")
        let answered = try #require(readVia(response, 0..<response.count))
        #expect(answered.rport?.value.map { text(response, $0) } == "5060")
        #expect(answered.keep?.value.map { text(response, $0) } == "30" && answered.branch == nil)
    }

    @Test func `RFC 3891 6.1: Replaces`() throws {
        let all = bytes("98732@sip.example.com ;from-tag=r33th4x0r; to-tag=ff87ff;early-only")
        let replaces = try #require(readReplaces(all, 0..<all.count))
        #expect(text(all, replaces.callID) == "98732@sip.example.com")
        #expect(text(all, replaces.toTag) == "ff87ff" && text(all, replaces.fromTag) == "r33th4x0r")
        for wrong in [
            "", "a", "a;to-tag=1", "a;from-tag=1", ";to-tag=1;from-tag=2", "a;to-tag=;from-tag=2", "a;to-tag;from-tag",
        ] {
            let all = bytes(wrong)
            let none = Replaces(all.span.bytes, 0..<all.count)
            #expect(none == nil, "\(wrong)")
        }
    }

    static let credentials: [(text: String, coversBody: Bool)] = [
        ("Digest username=\"a\", realm=\"b\", qop=auth-int, nc=1", true), ("Digest qop=auth-int", true),
        ("digest QOP = \"Auth-Int\"", true), ("Digest\r\n\turi=\"sip:a\",\r\n qop=auth-int", true),
        ("Digest qop=auth, nc=1", false), ("Digest realm=\"qop=auth-int, qop=auth-int\"", false),
        ("Digest xqop=auth-int", false), ("Digest qop=auth-interval", false), ("Digest", false), ("", false),
        ("NoOneKnowsThisScheme opaque-data=here", false), ("Digest qop", false), ("Digest qop=", false),
        ("Digest qop=\"", false),
    ]

    @Test("RFC 3261 22.4: a body that was signed", arguments: credentials)
    func auth(row: (text: String, coversBody: Bool)) {
        let all = bytes(row.text)
        let covers = Credentials.coverBody(all.span.bytes, 0..<all.count)
        #expect(covers == row.coversBody)
    }

    static let seconds: [(text: String, value: UInt32?)] = [
        ("3600", 3600), ("0", 0), ("4294967295", .max), ("4294967296", .max),
        (String(repeating: "9", count: 100), .max),
        ("90;refresher=uac", 90), ("90 ; refresher=uac", 90), ("", nil), ("x", nil), ("-1", nil), ("1x", nil),
        ("1 x", nil),
        ("1.5", nil),
    ]

    @Test("RFC 3261 20.19: seconds do not wrap", arguments: seconds)
    func deltaSeconds(row: (text: String, value: UInt32?)) {
        let all = bytes(row.text + "0")
        let value = DeltaSeconds.parse(all.span.bytes, 0..<all.count - 1)
        #expect(value == row.value)
    }

    @Test func `Every address reads as what it was written from`() throws {
        var random = Random()
        for _ in 0..<20_000 {
            let address = IPv4Address(
                UInt32.random(in: 0 ... .max, using: &random) & UInt32.random(in: 0 ... .max, using: &random))
            let all = bytes("sip:\(address)")
            let uri = try #require(readURI(all, 0..<all.count))
            #expect(uri.host?.kind == .ipv4(address), "seed \(random.seed): \(address)")
        }
    }

    @Test func `A literal is an address exactly when the address's own reader says so`() throws {
        var random = Random()
        let pieces = ["0", "1", "2", "5", "9", "00", "255", "256", ".", ".", ".", ".", "a", "-"]
        for _ in 0..<20_000 {
            let host = (0..<Int.random(in: 1...9, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                .joined()
            let all = bytes("sip:\(host)")
            let uri = try #require(readURI(all, 0..<all.count))
            let expected = IPv4Address(host).map { SIPHost.Kind.ipv4($0) } ?? .name
            #expect(uri.host?.kind == expected, "seed \(random.seed): \(host)")
        }
    }
}
