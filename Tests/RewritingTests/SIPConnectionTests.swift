import Foundation
import Rewriting
import Testing
import WireFormats

/// SIP over a TCP connection that a phone has opened: what its server reads, and what it reads itself.
@Suite struct SIPConnectionTests {
    private let server = "198.51.100.9:5060"

    /// What the phone sends from port 40001, listening on 5062.
    func register(expires: Int = 600) -> String {
        sip(
            "REGISTER sip:198.51.100.9;transport=tcp SIP/2.0",
            [
                "Via: SIP/2.0/TCP 10.0.0.5:40001;branch=z9hG4bK1;rport;alias", "From: <sip:alice@198.51.100.9>;tag=1",
                "To: <sip:alice@198.51.100.9>", "Call-ID: register", "CSeq: 1 REGISTER",
                "Contact: <sip:alice@10.0.0.5:5062;transport=tcp>;expires=\(expires)",
            ])
    }

    /// What the registrar answers, who sees the public endpoint.
    func registered(_ bench: Bench, expires: Int = 600) -> String {
        let own = bench.translated
        let contact = expires > 0 ? ["Contact: <sip:alice@\(own);transport=tcp>;expires=\(expires)"] : []
        return sip(
            "SIP/2.0 200 OK",
            [
                "Via: SIP/2.0/TCP \(own);branch=z9hG4bK1;received=\(own.address);rport=\(own.port);alias",
                "From: <sip:alice@198.51.100.9>;tag=1", "To: <sip:alice@198.51.100.9>;tag=2", "Call-ID: register",
                "CSeq: 1 REGISTER",
            ] + contact)
    }

    func description(_ address: String, _ port: Int) -> String {
        "v=0\r\no=- 1 1 IN IP4 \(address)\r\ns=-\r\nc=IN IP4 \(address)\r\nt=0 0\r\nm=audio \(port) RTP/AVP 0\r\n"
    }

    func invite(_ port: Int = 20000, extra: [String] = [], filling: Int = 0) -> String {
        sip(
            "INVITE sip:bob@198.51.100.9;transport=tcp SIP/2.0",
            [
                "Via: SIP/2.0/TCP 10.0.0.5:40001;branch=z9hG4bK2;rport", "From: <sip:alice@198.51.100.9>;tag=1",
                "To: <sip:bob@198.51.100.9>", "Call-ID: call", "CSeq: 1 INVITE",
                "Contact: <sip:alice@10.0.0.5;transport=tcp>", "Content-Type: application/sdp",
            ] + extra,
            body: description("10.0.0.5", port) + String(repeating: "a=ptime:20\r\n", count: filling / 12))
    }

    func inDialog(_ line: String, _ method: String, _ number: Int, body: String = "", from: String) -> String {
        sip(
            line,
            [
                "Via: SIP/2.0/TCP \(from);branch=z9hG4bK3", "From: <sip:alice@198.51.100.9>;tag=1",
                "To: <sip:bob@198.51.100.9>;tag=9", "Call-ID: call", "CSeq: \(number) \(method)",
            ] + (body.isEmpty ? [] : ["Content-Type: application/sdp"]), body: body)
    }

    func answered(_ bench: Bench) -> String {
        inDialog(
            "SIP/2.0 200 OK", "INVITE", 1, body: description("198.51.100.77", 30000), from: "\(bench.translated)")
    }

    // MARK: Translation

    @Test func `what the phone names of its own becomes the public endpoint of its connection, and back`() {
        let bench = Bench.openSIP()
        bench.say(.inside, register())
        let own = "\(bench.translated)"
        #expect(
            bench.server.text
                == register().replacingOccurrences(of: "10.0.0.5:40001", with: own)
                .replacingOccurrences(of: "10.0.0.5:5062", with: own))
        bench.say(.outside, registered(bench))
        #expect(
            bench.client.text
                == sip(
                    "SIP/2.0 200 OK",
                    [
                        "Via: SIP/2.0/TCP 10.0.0.5:40001;branch=z9hG4bK1;received=10.0.0.5;rport=40001;alias",
                        "From: <sip:alice@198.51.100.9>;tag=1", "To: <sip:alice@198.51.100.9>;tag=2",
                        "Call-ID: register", "CSeq: 1 REGISTER",
                        "Contact: <sip:alice@10.0.0.5:5062;transport=tcp>;expires=600",
                    ]))
        #expect(bench.count(.registrationsOpened) == 1 && bench.count(.sipEdited) == 2)
    }

    @Test func `a contact without a port comes back without one, and one of UDP stays`() {
        let bench = Bench.openSIP()
        bench.say(.inside, invite())
        #expect(bench.server.text.contains("Contact: <sip:alice@\(bench.translated);transport=tcp>"))
        bench.say(.outside, inDialog("OPTIONS sip:alice@\(bench.translated) SIP/2.0", "OPTIONS", 2, from: server))
        #expect(bench.client.text.hasPrefix("OPTIONS sip:alice@10.0.0.5 SIP/2.0"))
        let other = inDialog("OPTIONS sip:a@10.0.0.5:5060;transport=udp SIP/2.0", "OPTIONS", 3, from: "10.0.0.6:5060")
        bench.say(.inside, other)
        #expect(bench.server.text.hasSuffix(other) && bench.count(.sipHostsElsewhere) == 1)
    }

    @Test func `a body that is signed stays, and its message's header does not`() {
        let bench = Bench.openSIP()
        bench.say(.inside, invite(extra: ["Authorization: Digest username=\"a\", qop=auth-int, uri=\"sip:x\""]))
        #expect(bench.server.text.contains("c=IN IP4 10.0.0.5") && bench.server.text.contains("Via: SIP/2.0/TCP 203"))
        #expect(bench.count(.sipBodiesSigned) == 1)
    }

    // MARK: Calls

    @Test func `a call opens media and ends them`() {
        let bench = Bench.openSIP()
        bench.say(.inside, invite())
        bench.say(.outside, answered(bench))
        #expect(bench.media.count == 2 && bench.gateway.sip.counts.media == 2)
        let leg = bench.media.first { !$0.isControl }
        #expect(leg?.inside == Endpoint("10.0.0.5:20000") && leg?.outside == Endpoint("198.51.100.77:30000"))
        #expect(bench.server.text.contains("m=audio \(leg!.translated.port) RTP/AVP 0"))
        bench.say(.inside, inDialog("ACK sip:bob@198.51.100.77:5060 SIP/2.0", "ACK", 1, from: "10.0.0.5:40001"))
        bench.say(.inside, inDialog("BYE sip:bob@198.51.100.77:5060 SIP/2.0", "BYE", 2, from: "10.0.0.5:40001"))
        bench.say(.outside, inDialog("SIP/2.0 200 OK", "BYE", 2, from: "\(bench.translated)"))
        #expect(bench.media.isEmpty && bench.count(.callsEnded) == 1)
        bench.wait(60)
        #expect(bench.gateway.sip.counts.calls == 0)
    }

    /// An INVITE for which there is no room.
    private var another: String { invite().replacingOccurrences(of: "Call-ID: call", with: "Call-ID: another") }

    @Test func `an INVITE for which there is no room is answered with 503, and the next message passes`() {
        let bench = Bench.openSIP(calls: 1)
        bench.say(.inside, invite())
        let (before, sent) = (bench.server.read.count, bench.count(.sipEdited))
        bench.say(.inside, another)
        #expect(bench.server.read.count == before && bench.count(.sipRefused) == 1)
        #expect(
            bench.client.text.hasPrefix(
                "SIP/2.0 503 Service Unavailable\r\nVia: SIP/2.0/TCP 10.0.0.5:40001;branch=z9hG4bK2;rport\r\n"))
        #expect(bench.client.text.contains("Call-ID: another\r\n") && bench.client.text.hasSuffix("\r\n\r\n"))
        bench.say(.inside, register())
        bench.client.read = []
        bench.say(.outside, registered(bench))
        #expect(bench.client.text.hasPrefix("SIP/2.0 200 OK") && bench.count(.sipEdited) == sent + 2)
        bench.wait(5)
        #expect(bench.count(.ownRetransmissions) == 0 && bench.count(.sipUnanswered) == 0)
    }

    @Test func `so is one from outside, between two messages of the phone's`() {
        let bench = Bench.openSIP(calls: 1)
        bench.say(.inside, invite())
        let half = register().prefix(60)
        bench.say(.inside, String(half))
        bench.server.read = []
        bench.say(.outside, another)
        #expect(bench.server.text.hasPrefix("SIP/2.0 503 ") && !bench.client.text.contains("another"))
        bench.server.read = []
        bench.say(.inside, String(register().dropFirst(60)))
        #expect(bench.server.text.hasPrefix("REGISTER sip:198.51.100.9"))
    }

    @Test func `the answer is repeated until it is acknowledged, and what follows it comes behind it`() {
        let bench = Bench.openSIP(calls: 1)
        bench.say(.inside, invite())
        bench.acknowledges = false
        let sent = bench.say(.inside, another).to(bench.client).filter { !$0.data.isEmpty }
        let again = bench.wait(1.5).to(bench.client).filter { !$0.data.isEmpty }
        #expect(sent.count == 1 && again.map(\.data) == sent.map(\.data) && again[0].sequence == sent[0].sequence)
        let next = bench.say(.outside, registered(bench)).to(bench.client).filter { !$0.data.isEmpty }
        // As one segment with what is not acknowledged: its target takes what it does not have.
        #expect(
            next.contains {
                $0.sequence == sent[0].sequence && $0.data.starts(with: sent[0].data)
                    && $0.data.count > sent[0].data.count
            })
        bench.acknowledges = true
        bench.send(bench.segment(.inside))
        bench.wait(5)
        #expect(bench.count(.ownRetransmissions) == 1)
    }

    @Test func `where nobody knows where a message ends it is not answered`() {
        let bench = Bench.openSIP(calls: 1)
        bench.say(.inside, invite())
        bench.say(.outside, "HTTP/1.1 200 OK\r\n\r\n")
        bench.client.read = []
        bench.say(.inside, another)
        #expect(bench.client.read.isEmpty && bench.count(.sipUnanswered) == 1)
    }

    /// An INVITE whose body is signed.
    private var signed: String {
        invite(extra: ["Authorization: Digest username=\"a\", qop=auth-int, uri=\"sip:x\""])
    }

    private func benchThatRefusesSigned() -> Bench {
        var settings = SIPSettings()
        settings.signedBodies = .refuse
        return Bench.openSIP(settings: settings)
    }

    @Test func `2.13 item 18: one whose body is signed is answered with 488, if the operator wants that`() {
        let bench = benchThatRefusesSigned()
        bench.say(.inside, register() + signed + register())
        #expect(!bench.server.text.contains("INVITE") && bench.server.text.split(separator: "REGISTER sip").count == 2)
        #expect(
            bench.client.text.hasPrefix(
                "SIP/2.0 488 Not Acceptable Here\r\nVia: SIP/2.0/TCP 10.0.0.5:40001;branch=z9hG4bK2;rport\r\n"))
        #expect(bench.client.text.hasSuffix("Content-Length: 0\r\n\r\n") && bench.client.text.contains("Warning: 399 "))
        #expect(bench.count(.sipBodiesRefused) == 1 && bench.count(.sipRefused) == 0)
        #expect(bench.gateway.sip.counts.calls == 0 && bench.media.isEmpty)
        bench.say(.outside, registered(bench))
        #expect(bench.client.text.contains("SIP/2.0 200 OK") && bench.count(.registrationsOpened) == 1)
    }

    @Test func `so is a signed UPDATE from outside, and what has no body of its own goes on`() {
        let bench = benchThatRefusesSigned()
        bench.say(.inside, invite())
        bench.say(.outside, answered(bench))
        bench.server.read = []
        let update = inDialog(
            "UPDATE sip:alice@\(bench.translated) SIP/2.0", "UPDATE", 7, body: description("198.51.100.77", 30002),
            from: server
        ).replacingOccurrences(of: "CSeq", with: "Proxy-Authorization: Digest username=\"b\", qop=auth-int\r\nCSeq")
        bench.say(.outside, update)
        #expect(bench.server.text.hasPrefix("SIP/2.0 488 ") && !bench.client.text.contains("UPDATE sip"))
        bench.say(
            .outside,
            inDialog("UPDATE sip:alice@\(bench.translated) SIP/2.0", "UPDATE", 8, from: server)
                .replacingOccurrences(of: "CSeq", with: "Proxy-Authorization: Digest qop=auth-int\r\nCSeq"))
        #expect(bench.client.text.contains("CSeq: 8 UPDATE") && bench.count(.sipBodiesRefused) == 1)
        #expect(bench.media.count == 2, "the call goes on")
    }

    // MARK: Streams

    /// What the phone and its server say by turns.
    private func dialog(_ bench: Bench) -> [String] {
        [
            register(), registered(bench), invite(), answered(bench),
            inDialog("ACK sip:bob@198.51.100.77:5060 SIP/2.0", "ACK", 1, from: "10.0.0.5:40001"),
        ]
    }

    @Test func `2.13 item 9, 2.2 item 1: messages cut at any place come out as whole ones do`() {
        func run(cutting step: Int, at place: Int) -> Bench {
            let bench = Bench.openSIP()
            for (index, message) in dialog(bench).enumerated() {
                let side: Side = index % 2 == 0 ? .inside : .outside
                let bytes = Array(message.utf8)
                guard index == step else {
                    bench.say(side, bytes)
                    continue
                }
                bench.say(side, Array(bytes[..<place]))
                bench.say(side, Array(bytes[place...]))
            }
            return bench
        }
        let whole = run(cutting: -1, at: 0)
        #expect(whole.count(.sipEdited) == 5)
        for (step, message) in dialog(whole).enumerated() {
            for place in 1..<message.utf8.count {
                let cut = run(cutting: step, at: place)
                guard cut.server.read == whole.server.read, cut.client.read == whole.client.read, cut.media.count == 2
                else {
                    Issue.record("message \(step) cut at \(place)")
                    return
                }
            }
        }
    }

    @Test func `2.2 item 2: a message whose Content-Length comes in a later segment is held, and translated`() throws {
        let bench = Bench.openSIP()
        let place = try #require(invite().range(of: "Content-Length"))
        bench.say(.inside, String(invite()[..<place.lowerBound]))
        #expect(bench.server.read.isEmpty && bench.count(.ownAcknowledgements) == 1)
        bench.say(.inside, String(invite()[place.lowerBound...]))
        #expect(bench.server.text.contains("c=IN IP4 \(bench.translated.address)\r\n"))
        #expect(!bench.server.text.contains("10.0.0.5") && bench.count(.sipEdited) == 1)
    }

    @Test func `2.2 item 1: messages and keep-alives in one segment are told apart, and the stream stays whole`() {
        let bench = Bench.openSIP()
        let options = inDialog("OPTIONS sip:bob@198.51.100.9 SIP/2.0", "OPTIONS", 2, from: "192.0.2.1:5060")
        bench.say(.inside, "\r\n\r\n" + register() + options + options + "\r\n" + register().prefix(30))
        let own = "\(bench.translated)"
        let translated = register().replacingOccurrences(of: "10.0.0.5:40001", with: own)
            .replacingOccurrences(of: "10.0.0.5:5062", with: own)
        #expect(bench.server.text == "\r\n\r\n" + translated + options + options + "\r\n")
        #expect(bench.count(.sipPassed) == 2 && bench.count(.sipForeign) == 2 && bench.count(.ownAcknowledgements) == 1)
        bench.say(.inside, String(register().dropFirst(30)))
        #expect(bench.server.text.hasSuffix(translated))
    }

    @Test func `a message that is repeated comes out as it did, however it is cut`() {
        let bench = Bench.openSIP()
        bench.acknowledges = false
        var first = bench.segment(.inside, Array(register().utf8))
        let sent = bench.send(first).notTo(bench.client)
        #expect(bench.send(first).notTo(bench.client).map(\.data) == sent.map(\.data))
        first.data = Array(register().utf8.prefix(100))
        #expect(bench.send(first).notTo(bench.client).map(\.data) == sent.map(\.data))
        #expect(bench.count(.sipEdited) == 1)
    }

    @Test func `a message that outgrows the MSS becomes two segments, and one too early waits`() {
        let bench = Bench.openSIP()
        let text = invite(filling: 1060)
        #expect(text.utf8.count <= 1460)
        let sent = bench.say(.inside, text).notTo(bench.client).filter { !$0.data.isEmpty }
        #expect(sent.count == 2 && sent.reduce(0) { $0 + $1.data.count } > 1460 && bench.count(.splitSegments) == 1)
        let before = bench.server.read.count
        let bytes = Array(register().utf8)
        var second = bench.segment(.inside, Array(bytes[200...]))
        second.sequence &+= 200
        bench.send(second)
        #expect(bench.server.read.count == before)
        bench.send(bench.segment(.inside, Array(bytes[..<200])))
        #expect(bench.server.read.count > before && bench.count(.sipEdited) == 2)
    }

    @Test(arguments: [9_000, 20_000, 60_000, 65_535]) func `a large message is held in a large buffer`(size: Int) {
        let bench = Bench.openSIP()
        let free = bench.gateway.freeBlocks
        let rest = size - invite().utf8.count
        let text = invite(filling: rest / 12 * 12)
        let bytes = Array(text.utf8)
        var edge = 0
        for start in stride(from: 0, to: bytes.count, by: 1460) {
            let piece = Array(bytes[start..<min(start + 1460, bytes.count)])
            #expect(start == 0 || start + piece.count <= edge, "the window ends at \(edge)")
            if let last = bench.say(.inside, piece).to(bench.client).last {
                edge = start + piece.count + Int(last.window)
            }
        }
        bench.sayAgain(bytes.suffix(1))
        #expect(bench.count(.sipEdited) == 1 && bench.count(.sipStreamsUnread) == 0)
        #expect(bench.server.text.hasSuffix("a=ptime:20\r\n") && bench.server.text.contains("c=IN IP4 203.0.113.7\r\n"))
        #expect(bench.gateway.freeBlocks == free)
    }

    @Test func `a body that would outgrow what Content-Length can say is not passed on, and the next message is`() {
        let bench = Bench.openSIP()
        let body = description("10.0.0.5", 20000).utf8.count
        let bytes = Array(invite(filling: (65535 - body) / 12 * 12).utf8)
        // The last piece brings the end of it, before what is held is too long.
        _ = bench.sayInPieces(.inside, Array(bytes.dropLast(1450)))
        bench.say(.inside, Array(bytes.suffix(1450)))
        #expect(bench.server.read.isEmpty && bench.count(.dropSIPTooLarge) == 1)
        bench.say(.inside, register())
        #expect(bench.server.text.hasPrefix("REGISTER") && bench.count(.sipStreamsUnread) == 0)
    }

    @Test func `without a large buffer the window shuts, and opens when there is one`() {
        let bench = Bench.openSIP()
        let half = Array(invite(filling: 30_000).utf8.prefix(14_000))
        // Two connections keep all four with messages that do not end.
        #expect(bench.sayInPieces(.inside, half) > 40_000 && bench.sayInPieces(.outside, half) > 40_000)
        let first = bench.client
        bench.openAnother(from: Endpoint("10.0.0.5:40002")!)
        #expect(bench.sayInPieces(.inside, half) > 40_000 && bench.sayInPieces(.outside, half) > 40_000)
        bench.openAnother(from: Endpoint("10.0.0.5:40003")!)
        #expect(bench.sayInPieces(.inside, Array(half[..<9216])) == 0)
        let next = Array(half[9216..<10_000])
        #expect(bench.sayInPieces(.inside, next) == 0 && bench.count(.dropBlocksExhausted) == 1)
        bench.client.next &-= UInt32(next.count)
        let third = bench.client
        bench.client = first
        bench.send(bench.segment(.inside, flags: .rst))
        bench.client = third
        // The first one only finds out that there is room.
        #expect(bench.sayInPieces(.inside, next) > 40_000)
        bench.client.next &-= UInt32(next.count)
        #expect(bench.sayInPieces(.inside, Array(invite(filling: 30_000).utf8.dropFirst(9216))) > 0)
        #expect(bench.server.text.contains("a=ptime:20\r\n") && bench.count(.sipEdited) == 1)
    }

    @Test func `what is not SIP passes unread, and so does what nobody knows the length of`() {
        for text in [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\u{16}\u{3}\u{1}", "EHLO x\r\n",
            "OPTIONS sip:a@10.0.0.5 SIP/2.0\r\nCall-ID: 1\r\n\r\nabc",
        ] {
            let bench = Bench.openSIP()
            for byte in Array((text + register()).utf8) { bench.say(.inside, [byte]) }
            #expect(bench.server.text == text + register() && bench.count(.sipStreamsUnread) == 1)
            bench.say(.outside, registered(bench))
            #expect(bench.client.text.contains("rport=40001"), "the other direction is read still")
        }
    }

    @Test func `a message without what it needs passes as it is, and the next one is read`() {
        let bench = Bench.openSIP()
        let text = "OPTIONS sip:a@10.0.0.5:40001 SIP/2.0\r\nCSeq: 1 OPTIONS\r\nl: 3\r\n\r\nabc"
        bench.say(.inside, text + register())
        #expect(bench.server.text.hasPrefix(text + "REGISTER") && !bench.server.text.contains("10.0.0.5:5062"))
        #expect(bench.count(.sipMalformed) == 1 && bench.count(.sipEdited) == 1)
    }

    @Test func `a message too long to be held passes unread, and a truncated one at the end of the stream`() {
        let bench = Bench.openSIP()
        let long = Array(("OPTIONS sip:a@10.0.0.5 SIP/2.0\r\nX: " + String(repeating: "x", count: 66_000) + "\n").utf8)
        for start in stride(from: 0, to: long.count, by: 1400) {
            bench.say(.inside, Array(long[start..<min(start + 1400, long.count)]))
        }
        bench.sayAgain(long.suffix(1000))
        #expect(bench.server.read == long && bench.count(.sipStreamsUnread) == 1)
        let other = Bench.openSIP()
        other.say(.inside, String(register().prefix(100)), flags: TCPFlags.ack.with(.fin))
        #expect(other.server.text == register().prefix(100))
    }
}

extension Bench {
    /// Opens a connection from another endpoint; the one before stays.
    func openAnother(from inside: Endpoint) {
        client = End(endpoint: inside, next: 1_000)
        server = End(endpoint: server.endpoint, next: 5_000)
        connect()
    }

    /// The client repeats the last bytes, as it does until they are acknowledged: here an end reads what goes out because
    /// of an acknowledgement before what has gone out already, and takes it for too early.
    fileprivate func sayAgain(_ bytes: ArraySlice<UInt8>) {
        var last = segment(.inside, Array(bytes))
        last.sequence &-= UInt32(bytes.count)
        send(last)
    }

    /// Sends bytes in segments; the window that their sender was told last.
    fileprivate func sayInPieces(_ side: Side, _ bytes: [UInt8]) -> Int {
        var window = 0
        for start in stride(from: 0, to: bytes.count, by: 1400) {
            let sent = say(side, Array(bytes[start..<min(start + 1400, bytes.count)]))
            let answers = side == .inside ? sent.to(client) : sent.notTo(client)
            if let last = answers.last { window = Int(last.window) }
        }
        return window
    }
}
