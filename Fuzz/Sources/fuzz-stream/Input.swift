/// The bytes of an input, taken one after the other; behind its end they are all 0.
struct Input {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// What means something to the gateway.
    private let texts: [String]

    /// The bytes of an input. The highest bit of the first, a step that does not need it, says that it is about SIP.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        isSIP = bytes.first.map { $0 & 0x80 != 0 } ?? false
        texts = isSIP ? Input.messages : Input.lines
    }

    /// Whether it is about SIP.
    let isSIP: Bool

    /// The next byte, or nil at the end.
    mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        position += 1
        return bytes[position - 1]
    }

    mutating func octet() -> UInt8 { next() ?? 0 }

    mutating func number16() -> UInt16 { UInt16(octet()) << 8 | UInt16(octet()) }

    /// What a segment carries: a text that means something to the gateway, or bytes of the input.
    mutating func data() -> [UInt8] {
        let selector = octet()
        if selector >= 0x80 { return Array(texts[Int(selector) % texts.count].utf8) }
        return (0..<Int(selector)).map { _ in octet() }
    }

    private static let lines = [
        "PORT 10,0,0,5,4,1\r\n", "EPRT |1|10.0.0.5|1025|\r\n", "LPRT x\r\n", "PORT 10,0,0,5,0,22\r\n", "PASV\r\n",
        "EPSV\r\n",
        "EPSV ALL\r\n", "AUTH TLS\r\n", "NOOP\r\n", "PORT ", "200 ok\r\n", "200-first\r\n", "500 no\r\n", "234 go\r\n",
        "227 Ok (198,51,100,9,20,1)\r\n", "229 Ok (|||5121|)\r\n", "150 wait\r\n", "421 bye\r\n",
        String(repeating: "PORT 10,0,0,5,4,1\r\n", count: 40), String(repeating: "A", count: 1400),
        "PORT " + String(repeating: "1", count: 1300), "\u{16}\u{3}\u{1}\u{0}\u{5}hello",
    ]

    private static let messages =
        whole + whole.flatMap { [String($0.prefix(200)), String($0.dropFirst(200))] } + [
            "\r\n", "\r\n\r\n", "GET / HTTP/1.1\r\n", "OPTIONS sip:b@198.51.100.9 SIP/2.0\r\nl: 3\r\n\r\nabc",
            message("MESSAGE sip:b@198.51.100.9 SIP/2.0", "m", "1 MESSAGE", length: 30_000),
            String(repeating: "A", count: 1400), String(repeating: "v: SIP/2.0/TCP 10.0.0.5:1\r\n", count: 50),
        ]

    private static let whole = [
        message(
            "REGISTER sip:198.51.100.9 SIP/2.0", "r", "1 REGISTER",
            contacts: ", <sip:a@10.0.0.5;transport=udp>, <sip:c@10.0.0.9;transport=udp>"),
        message("SIP/2.0 200 OK", "r", "1 REGISTER"), message("SIP/2.0 200 OK", "c", "2 BYE"),
        message("INVITE sip:b@198.51.100.9 SIP/2.0", "c", "1 INVITE", body: description("10.0.0.5", 20000)),
        message("SIP/2.0 200 OK", "c", "1 INVITE", body: description("198.51.100.9", 30000)),
        message("ACK sip:b@198.51.100.9 SIP/2.0", "c", "1 ACK"),
        message("BYE sip:b@198.51.100.9 SIP/2.0", "c", "2 BYE"),
    ]

    private static func message(
        _ line: String, _ call: String, _ sequence: String, body: String = "", length: Int? = nil, contacts: String = ""
    ) -> String {
        let fields = [
            "Via: SIP/2.0/TCP 10.0.0.5:40001;branch=z9hG4bK1", "From: <sip:a@10.0.0.5>;tag=1",
            "To: <sip:b@198.51.100.9>;tag=2", "Call-ID: \(call)", "CSeq: \(sequence)",
            "Contact: <sip:a@10.0.0.5:5062;transport=tcp>\(contacts)", "Content-Type: application/sdp",
            "Content-Length: \(length ?? body.utf8.count)",
        ]
        return ([line] + fields + ["", ""]).joined(separator: "\r\n") + body
    }

    private static func description(_ address: String, _ port: Int) -> String {
        "v=0\r\no=- 1 1 IN IP4 \(address)\r\ns=-\r\nc=IN IP4 \(address)\r\nt=0 0\r\nm=audio \(port) RTP/AVP 0\r\n"
    }
}
