import Rewriting
import Testing
import WireFormats

/// Bindings, and the registrations that keep them.
@Suite struct SIPRegistrationTests {
    private let bench: SIPBench
    private let phone = SIPBench.phone
    private let server = SIPBench.server

    init() { self.init(bench: SIPBench()) }
    private init(bench: SIPBench) { self.bench = bench }

    /// A REGISTER as it arrives at the registrar.
    @discardableResult
    private func register(
        _ contacts: [String] = ["<sip:alice@192.168.1.10:5060>"], number: Int = 1,
        aor: String = "sip:alice@example.com", by sender: String? = nil,
        from: Endpoint = SIPBench.phone, to: Endpoint = SIPBench.server, _ fields: [(String, String)] = []
    ) -> SIPText {
        let message = SIPText(
            "REGISTER sip:example.com SIP/2.0",
            [
                ("Via", "SIP/2.0/UDP \(from);branch=z9hG4bK\(number);rport"),
                ("From", "<\(sender ?? aor)>;tag=\(number)"),
                ("To", "<\(aor)>"), ("Call-ID", "reg-\(from)"), ("CSeq", "\(number) REGISTER"),
            ] + contacts.map { ("Contact", $0) } + fields)
        return bench.send(message.text, from: from, to: to).first?.message ?? SIPText("", [])
    }

    /// The registrar's answer, with the contacts that it has bound, as the phone gets it.
    @discardableResult
    private func confirm(
        _ request: SIPText, _ contacts: [String], code: Int = 200, by registrar: Endpoint = SIPBench.server,
        for phone: Endpoint = SIPBench.phone, _ fields: [(String, String)] = []
    ) -> SIPText? {
        var response = SIPText("SIP/2.0 \(code) OK", [])
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] { response.fields.append((name, request[name]!)) }
        response["To"]! += ";tag=registrar"
        for (name, value) in contacts.map({ ("Contact", $0) }) + fields { response.fields.append((name, value)) }
        return bench.send(response.text, from: registrar, to: bench.translated(phone)).first?.message
    }

    private func keepalives(_ arrivals: [SIPBench.Arrival]) -> [SIPBench.Arrival] {
        arrivals.filter { $0.text == "\r\n\r\n" }
    }

    /// Whether a stranger's request reaches an inside endpoint.
    private func isReached(_ translated: Endpoint, _ inside: Endpoint = SIPBench.phone) -> Bool {
        let text = """
            OPTIONS sip:alice@\(translated) SIP/2.0
            Via: SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bK1
            From: <sip:x@example.org>;tag=1
            To: <sip:alice@\(translated)>
            Call-ID: x
            CSeq: 1 OPTIONS


            """
        let arrivals = bench.send(text.crlf, from: Endpoint("192.0.2.66:5060")!, to: translated)
        return arrivals.first?.destination == inside
    }

    @Test func `a phone has one public endpoint toward every peer, and is reached there by everybody`() {
        let first = register()
        let second = register(to: Endpoint("192.0.2.5:5062")!)
        #expect(first["Contact"] == second["Contact"])
        #expect(isReached(bench.translated(phone)))
        #expect(bench.gateway.counts.bindings == 1 && bench.ports == [bench.translated(phone).port])
    }

    @Test func `2.13 item 1: a registered phone stays reachable for as long as the registrar says`() {
        let request = register()
        let translated = bench.translated(phone)
        #expect(request["Contact"] == "<sip:alice@\(translated)>")
        let response = confirm(request, ["<sip:alice@\(translated)>;expires=3600"])
        #expect(response?["Contact"] == "<sip:alice@192.168.1.10:5060>;expires=3600")
        #expect(bench.count(.registrationsOpened) == 1)
        // Ten minutes without a word of the phone: the gateway keeps the path open.
        let arrivals = keepalives(bench.wait(600))
        #expect(arrivals.count >= 600 / 29 && arrivals.count <= 600 / 24)
        #expect(arrivals.allSatisfy { $0.source == translated && $0.destination == server })
        #expect(isReached(translated))
        bench.wait(2990)
        #expect(isReached(translated))
        bench.wait(20)
        #expect(bench.count(.registrationsEnded) == 1)
        #expect(keepalives(bench.wait(200)).isEmpty)
        // It has been silent for long, and nobody needs it.
        #expect(!isReached(translated))
        #expect(bench.gateway.counts.bindings == 0 && bench.ports.isEmpty)
    }

    @Test func `2.13 item 1: a phone that is not registered is forgotten five minutes after its last packet`() {
        let translated = bench.translated(phone)
        bench.wait(290)
        #expect(isReached(translated))
        #expect(bench.translated(phone) == translated)
        bench.send("\r\n\r\n", from: phone, to: server)
        // What arrives does not count (RFC 4787 REQ-6).
        for _ in 0..<29 {
            bench.wait(10)
            #expect(isReached(translated))
        }
        bench.wait(20)
        #expect(!isReached(translated) && bench.count(.dropSIPUnknown) == 1 && bench.ports.isEmpty)
    }

    @Test(
        "a phone that has only subscribed is reachable for as long as the notifier says (RFC 6665)",
        arguments: [(200, 3600, true), (202, 3600, true), (489, 3600, false), (200, 0, false)])
    func subscription(code: Int, expires: Int, isKept: Bool) {
        let call = SIPDialogue(bench)
        call.ask("SUBSCRIBE", from: .inside, [("Event", "presence"), ("Expires", "3600")])
        call.answer(code, to: "SUBSCRIBE", from: .outside, [("Expires", "\(expires)")])
        let translated = call.translated
        bench.wait(3590)
        #expect(isReached(translated) == isKept)
        bench.wait(20)
        #expect(!isReached(translated) && bench.ports.isEmpty)
    }

    @Test func `a refresh lengthens a registration, and the phone's own packets make keep-alives needless`() {
        let translated = bench.translated(phone)
        for number in 1...10 {
            confirm(register(number: number), ["<sip:alice@\(translated)>;expires=100"])
            var arrivals: [SIPBench.Arrival] = []
            for _ in 0..<4 {
                bench.send("\r\n\r\n", from: phone, to: server)
                arrivals += bench.wait(20)
            }
            #expect(keepalives(arrivals).isEmpty)
        }
        #expect(bench.count(.registrationsOpened) == 1 && bench.count(.registrationsEnded) == 0)
        bench.wait(101)
        #expect(bench.count(.registrationsEnded) == 1)
    }

    @Test(
        "2.13 item 24: how long is what the registrar says, wherever it says it",
        arguments: [
            (";expires=60", nil, 60), ("", "60", 60), (";expires=60", "3600", 60), (";q=0.5;Expires = 60", nil, 60),
            ("", nil, 3600), (";expires=soon", nil, 3600), ("", "later", 3600), ("", "60;x=y", 60),
        ] as [(String, String?, Double)])
    func expires(parameter: String, header: String?, seconds: Double) {
        // The phone asks for something else.
        let request = register([("Expires", "1800")])
        let fields = header.map { [("Expires", $0)] } ?? []
        confirm(request, ["<sip:alice@\(bench.translated(phone))>\(parameter)"], fields)
        #expect(bench.count(.registrationsOpened) == 1)
        bench.wait(seconds - 1)
        #expect(bench.count(.registrationsEnded) == 0)
        bench.wait(2)
        #expect(bench.count(.registrationsEnded) == 1)
    }

    private func register(_ fields: [(String, String)]) -> SIPText {
        register(["<sip:alice@192.168.1.10:5060>"], fields)
    }

    @Test("a registration ends by expires 0, by a star, or by an answer that does not name it", arguments: [0, 1, 2])
    func deregistration(way: Int) {
        let translated = bench.translated(phone)
        confirm(register(), ["<sip:alice@\(translated)>;expires=3600"])
        switch way {
        case 0:
            let request = register(["<sip:alice@192.168.1.10:5060>;expires=0"], number: 2)
            #expect(request["Contact"] == "<sip:alice@\(translated)>;expires=0")
            confirm(request, ["<sip:alice@\(translated)>;expires=0"])
        case 1:
            let request = register(["*"], number: 2, [("Expires", "0")])
            #expect(request["Contact"] == "*")
            confirm(request, [])
        default: confirm(register([], number: 2), ["<sip:alice@198.51.100.77:5060>;expires=100"])
        }
        #expect(bench.count(.registrationsEnded) == 1)
        #expect(keepalives(bench.wait(100)).isEmpty)
    }

    @Test func `a challenge or a failure changes nothing`() {
        let translated = bench.translated(phone)
        confirm(register(), ["<sip:alice@\(translated)>;expires=3600"])
        for code in [100, 401, 407, 423, 500] { confirm(register(number: code), [], code: code) }
        #expect(bench.count(.registrationsOpened) == 1 && bench.count(.registrationsEnded) == 0)
    }

    @Test func `several contacts and several addresses of record`() {
        let own = bench.translated(phone)
        let request = register([
            "<sip:alice@192.168.1.10:5060>;q=1", "<sip:alice@192.168.1.10:5070>", "<sip:alice@phone.example.com>",
        ])
        let second = Endpoint(request.all("Contact")[1].dropFirst(11).dropLast())!
        confirm(
            request,
            [
                "<sip:alice@phone.example.com>;expires=900, <sip:alice@\(own)>;expires=300, <sip:alice@\(second)>;expires=600"
            ])
        confirm(
            register(number: 2, aor: "sip:sales@example.com"), ["<sip:alice@\(own)>;expires=900"])
        #expect(bench.count(.registrationsOpened) == 3)
        bench.wait(301)
        #expect(bench.count(.registrationsEnded) == 1 && isReached(own))
        #expect(isReached(second, Endpoint("192.168.1.10:5070")!))
        bench.wait(300)
        #expect(bench.count(.registrationsEnded) == 2)
        bench.wait(300)
        #expect(bench.count(.registrationsEnded) == 3)
        bench.wait(300)
        #expect(bench.gateway.counts.bindings == 0)
    }

    @Test func `an address of record that leads to several phones: each keeps its own`() {
        let own = bench.translated(phone)
        let other = bench.translated(SIPBench.otherPhone)
        confirm(register(), ["<sip:alice@\(own)>;expires=3600"])
        let both = ["<sip:alice@\(own)>;expires=3600", "<sip:alice@\(other)>;expires=3600"]
        let request = register(["<sip:alice@192.168.1.11:5060>"], from: SIPBench.otherPhone)
        confirm(request, both, for: SIPBench.otherPhone)
        #expect(isReached(own) && isReached(other, SIPBench.otherPhone))
        // The second one leaves.
        let leaving = register(["<sip:alice@192.168.1.11:5060>;expires=0"], number: 2, from: SIPBench.otherPhone)
        confirm(leaving, [both[0]], for: SIPBench.otherPhone)
        bench.wait(600)
        #expect(isReached(own) && !isReached(other, SIPBench.otherPhone))
    }

    @Test func `a phone with accounts at two registrars keeps the ways to both open`() {
        let translated = bench.translated(phone)
        let second = Endpoint("192.0.2.5:5060")!
        confirm(register(), ["<sip:alice@\(translated)>;expires=3600"])
        let request = register(number: 2, aor: "sip:alice@example.org", to: second)
        confirm(request, ["<sip:alice@\(translated)>;expires=3600"], by: second)
        let arrivals = keepalives(bench.wait(100))
        for registrar in [server, second] { #expect(arrivals.count { $0.destination == registrar } >= 3) }
        // And both may answer a ping of the phone's own.
        for registrar in [server, second] { bench.send("\r\n\r\n", from: phone, to: registrar) }
        for registrar in [server, second] {
            #expect(bench.send("\r\n", from: registrar, to: translated).first?.destination == phone)
        }
    }

    @Test func `a phone that talks to one registrar all the time keeps the way to the other one open, too`() {
        let translated = bench.translated(phone)
        let second = Endpoint("192.0.2.5:5060")!
        confirm(register(), ["<sip:alice@\(translated)>;expires=3600"])
        let request = register(number: 2, aor: "sip:alice@example.org", to: second)
        confirm(request, ["<sip:alice@\(translated)>;expires=3600"], by: second)
        var arrivals: [SIPBench.Arrival] = []
        for _ in 0..<10 {
            arrivals += bench.wait(20)
            bench.send("\r\n\r\n", from: phone, to: server)
        }
        let pings = keepalives(arrivals)
        #expect(pings.count { $0.destination == second } >= 6 && pings.count { $0.destination == server } <= 1)
    }

    @Test func `a PBX that registers with many providers at a time is registered and kept alive with all of them`() {
        let translated = bench.translated(phone)
        let registrars = (1...20).map { Endpoint("192.0.2.\($0):5060")! }
        let requests = registrars.map { register(aor: "sip:pbx@\($0.address)", to: $0) }
        for (registrar, request) in zip(registrars, requests) {
            confirm(request, ["<sip:alice@\(translated)>;expires=3600"], by: registrar)
        }
        #expect(bench.count(.registrationsOpened) == 20)
        let pings = keepalives(bench.wait(100))
        for registrar in registrars { #expect(pings.count { $0.destination == registrar } >= 3) }
        // Somebody else's answer counts for nothing.
        confirm(requests[0], ["<sip:alice@\(translated)>;expires=9000"], by: Endpoint("192.0.2.66:5060")!)
        bench.wait(3600)
        #expect(bench.count(.registrationsEnded) == 20 && bench.gateway.counts.bindings == 0)
    }

    @Test func `2.13 item 21: a third party registers a phone, which is reached from then on`() {
        let request = register(
            ["<sip:bob@192.168.1.11:5060>"], aor: "sip:bob@example.com", from: Endpoint("192.168.1.5:5060")!)
        let contact = request["Contact"]!
        #expect(contact.hasPrefix("<sip:bob@203.0.113.7:"))
        let translated = Endpoint(contact.dropFirst(9).dropLast())!
        let agent = Endpoint("192.168.1.5:5060")!
        let response = confirm(request, ["\(contact);expires=1000"], for: agent)
        #expect(response?["Contact"] == "<sip:bob@192.168.1.11:5060>;expires=1000")
        bench.wait(900)
        #expect(isReached(translated, SIPBench.otherPhone))
        // The phone itself keeps this endpoint.
        #expect(bench.translated(SIPBench.otherPhone) == translated)
        bench.wait(500)
        #expect(bench.gateway.counts.bindings == 0)
    }

    @Test func `2.13 item 21: whoever registers for another address of record is reached by that, and ends it`() {
        let own = bench.translated(phone)
        let request = register(aor: "sip:boss@example.com", by: "sip:secretary@example.com")
        #expect(request["Contact"] == "<sip:alice@\(own)>")
        confirm(request, ["<sip:alice@\(own)>;expires=3600"])
        bench.wait(3000)
        #expect(isReached(own) && bench.count(.registrationsOpened) == 1)
        let leaving = register(
            ["<sip:alice@\(phone)>;expires=0"], number: 2, aor: "sip:boss@example.com", by: "sip:secretary@example.com")
        confirm(leaving, [])
        #expect(bench.count(.registrationsEnded) == 1)
    }

    @Test func `2.13 item 21: one that another worker hears is asked for there, as the third party says`() {
        let table = PublicEndpoints.Table([SIPBench.publicAddress], 40000...40999)
        let workers = (0..<2).map { SIPBench(seed: 7, table: table, share: WorkerShare(index: $0, of: 2)) }
        let (agent, phone) = (Endpoint("192.168.1.5:5060")!, SIPBench.otherPhone)
        let first = SIPRegistrationTests(bench: workers[0])
        let request = first.register(["<sip:bob@\(phone)>"], aor: "sip:bob@example.com", from: agent)
        let translated = Endpoint(request["Contact"]!.dropFirst(9).dropLast())!
        first.confirm(request, ["\(request["Contact"]!);expires=1000"], for: agent)
        #expect(workers[1].gateway.phone(at: translated) == phone)
        func message(_ line: String, contact: Endpoint, media: Endpoint) -> String {
            sip(
                line,
                [
                    "Via: SIP/2.0/UDP \(server);branch=z9hG4bK1", "From: <sip:x@example.org>;tag=1",
                    "To: <sip:bob@\(translated)>;tag=2", "Call-ID: x", "CSeq: 1 INVITE", "Contact: <sip:x@\(contact)>",
                    "Content-Type: application/sdp",
                ], body: sdp("\(media.address)", Int(media.port)))
        }
        let text = message(
            "INVITE sip:bob@\(translated) SIP/2.0", contact: server, media: Endpoint("198.51.100.9:30000")!)
        let invite = workers[1].send(text, from: server, to: translated)
        // To comes back in the answer as it is.
        #expect(invite.map(\.destination) == [phone])
        #expect(invite[0].text == text.replacing("INVITE sip:bob@\(translated)", with: "INVITE sip:bob@\(phone)"))
        let answer = message("SIP/2.0 200 OK", contact: phone, media: Endpoint("192.168.1.11:20000")!)
        let answers = workers[1].send(answer, from: phone, to: server)
        #expect(answers.first?.message["Contact"] == "<sip:x@\(workers[1].translated(phone))>")
        #expect(answers.first?.message["To"] == "<sip:bob@\(translated)>;tag=2")
        #expect(workers[1].pairs.count == 2 && workers[1].count(.callsConfirmed) == 1)
        // Who sends SIP to media gets nowhere, and nobody who sends when the registration is over.
        let media = workers[1].flows.values.first { !$0.isControl }!.translated
        #expect(workers[0].send(text, from: server, to: media).isEmpty)
        workers[0].wait(1400)
        #expect(workers[0].gateway.counts.bindings == 0 && workers[1].gateway.phone(at: translated) == nil)
        #expect(workers[1].send(text, from: server, to: translated).isEmpty)
    }

    @Test func `2.2 item 12: an answer without any Expires counts for an hour`() {
        confirm(register(), ["<sip:alice@\(bench.translated(phone))>"])
        bench.wait(3500)
        #expect(isReached(bench.translated(phone)))
    }

    @Test func `an answer that nobody has asked for registers nothing`() {
        let request = register()
        confirm(request, ["<sip:alice@\(bench.translated(phone))>;expires=99"], by: Endpoint("192.0.2.66:5060")!)
        #expect(bench.count(.registrationsOpened) == 0)
    }

    @Test func `2.13 item 31: keep-alives and STUN pass, in both directions`() {
        let translated = bench.translated(phone)
        let stun: [UInt8] = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42] + Array(1...12)
        for data in [Array("\r\n\r\n".utf8), Array("\r\n".utf8), stun, [0], []] {
            #expect(bench.send(data, from: phone, to: server).map(\.data) == [data])
            let arrivals = bench.send(data, from: server, to: translated)
            #expect(arrivals.map(\.data) == [data] && arrivals.first?.destination == phone)
        }
        #expect(bench.count(.sipForeign) == 11)
    }

    @Test func `2.13 item 30: what is not SIP reaches nobody from who was never spoken to`() {
        let translated = bench.translated(phone)
        for data in [Array("\r\n\r\n".utf8), [0, 1, 0, 0], Array("GET / HTTP/1.1\r\n\r\n".utf8), []] {
            #expect(bench.send(data, from: Endpoint("192.0.2.66:5060")!, to: translated).isEmpty)
            #expect(bench.send(data, from: Endpoint("198.51.100.9:5061")!, to: translated).isEmpty)
        }
        #expect(bench.count(.dropSIPUnknown) == 8)
        let nobody = Endpoint(SIPBench.publicAddress, translated.port ^ 1)
        #expect(!isReached(nobody) && bench.count(.dropSIPUnknown) == 9)
    }

    @Test func `a datagram with a wrong checksum goes nowhere, and one without any passes`() {
        var frame = SIPBench.frame(Array("\r\n\r\n".utf8), from: phone, to: server)
        frame[43] ^= 1
        #expect(bench.receive(frame, from: .inside).isEmpty && bench.count(.dropSIPChecksum) == 1)
        put(0, into: &frame, at: 40)
        #expect(bench.receive(frame, from: .inside).count == 1)
    }
}
