import TestSupport
import WireFormats

/// A message of SIP with its Content-Length.
func sip(_ line: String, _ fields: [String], body: String = "") -> String {
    ([line] + fields + ["Content-Length: \(body.utf8.count)", "", ""]).joined(separator: "\r\n") + body
}

/// What a phone and its server might say to each other over TCP, at random. The phone names no port of its own but that
/// which it sends from, so that nothing depends on which of them is heard first.
struct SIPMessages {
    var random: Random
    /// The phone's end, and its public one.
    let inside: Endpoint
    let translated: Endpoint
    /// How long a message may be.
    var longest = 20_000
    private var number = 0

    init(random: Random, inside: Endpoint, translated: Endpoint) {
        self.random = random
        self.inside = inside
        self.translated = translated
    }

    /// Something that a side says: mostly a message, and sometimes CR LF.
    mutating func next(from side: Side) -> String {
        number += 1
        let local = side == .inside ? inside : translated
        switch random.number(0...9) {
        case 0: return "\r\n\r\n"
        case 1: return "\r\n"
        case 2, 3: return response(side, local)
        case 4, 5: return request("OPTIONS", side, local)
        case 6: return request("MESSAGE", side, local, body: filling)
        case 7 where side == .inside: return request("REGISTER", side, local)
        default: return request("INVITE", side, local, body: description(side))
        }
    }

    private mutating func request(_ method: String, _ side: Side, _ local: Endpoint, body: String = "") -> String {
        let call = "\(number)-\(side)@\(random.number(1...1 << 40))"
        let peer = Endpoint(IPv4Address(198, 51, 100, 9), 5060)
        let own = side == .inside ? local : peer
        let target = side == .inside ? "sip:198.51.100.9;transport=tcp" : "sip:alice@\(local);transport=tcp"
        var fields = [
            "Via: SIP/2.0/TCP \(own);branch=z9hG4bK\(number);rport", "Max-Forwards: 70",
            "From: <sip:alice@\(own)>;tag=\(number)", "To: <sip:bob@198.51.100.9>", "Call-ID: \(call)",
            "CSeq: 1 \(method)", "Contact: <sip:alice@\(own);transport=tcp>",
        ]
        if method == "INVITE" { fields.append("Content-Type: application/sdp") }
        if random.chance(0.3) { fields.append("Route: <sip:\(local);lr>, <sip:198.51.100.9:5060;lr>") }
        return sip("\(method) \(target) SIP/2.0", fields, body: body)
    }

    private mutating func response(_ side: Side, _ local: Endpoint) -> String {
        let via =
            side == .inside
            ? "198.51.100.9:5060;branch=z9hG4bK"
            : "\(local);branch=z9hG4bK1;received=\(local.address);rport=\(local.port)"
        return sip(
            "SIP/2.0 200 OK",
            [
                "Via: SIP/2.0/TCP \(via)", "From: <sip:bob@198.51.100.9>;tag=1", "To: <sip:alice@\(local)>;tag=2",
                "Call-ID: r\(number)", "CSeq: \(number) OPTIONS", "Contact: <sip:alice@\(local);transport=tcp>",
            ], body: random.chance(0.3) ? filling : "")
    }

    private mutating func description(_ side: Side) -> String {
        let address = side == .inside ? "\(inside.address)" : "198.51.100.9"
        let port = 2 * random.number(5000...20000)
        return
            "v=0\r\no=- 1 1 IN IP4 \(address)\r\ns=-\r\nc=IN IP4 \(address)\r\nt=0 0\r\nm=audio \(port) RTP/AVP 0\r\n"
            + String(repeating: "a=ptime:20\r\n", count: random.number(0...60))
    }

    private var filling: String {
        mutating get {
            let count = random.once(in: 4) ? random.number(0...longest) : random.number(0...800)
            return String(repeating: "0123456789abcdef\r\n", count: count / 18)
        }
    }
}
