import Rewriting
import Testing
import WireFormats

/// A call between an inside end and an outside one, each of which answers to what it has received, as phones do: it copies
/// Via, From, To and Call-ID, and sends to where the Contact says. What must come back as it was is checked at all times.
final class SIPDialogue {
    /// What an end knows.
    struct End {
        var endpoint: Endpoint
        var user: String
        var tag: String
        var cSeq: Int
        /// The URI of its Contact, and what stands in its Via.
        var contact: String
        var sentBy: String
        /// The other side's Contact, and its tag, once it knows them.
        var target: String?
        var peerTag: String?
    }

    let bench: SIPBench
    let callID: String
    var ends: [End]
    /// Fields that every message has.
    var extra: [(String, String)] = []
    /// What tells its branches from those of other calls with the same Call-ID.
    var branchPrefix = ""
    /// The requests that each side has sent and received, by `number method`.
    private(set) var sent: [[String: SIPText]] = [[:], [:]]
    private(set) var received: [[String: SIPText]] = [[:], [:]]
    /// The last datagram that an end has sent, and what came of it.
    private(set) var lastSent: [UInt8] = []
    private(set) var lastArrivals: [SIPBench.Arrival] = []

    init(
        _ bench: SIPBench, callID: String = "call-1@example.com", inside: Endpoint = SIPBench.phone,
        outside: Endpoint = SIPBench.server
    ) {
        self.bench = bench
        self.callID = callID
        ends = [
            End(
                endpoint: inside, user: "alice", tag: "in-\(callID.prefix(6))", cSeq: 1,
                contact: "sip:alice@\(inside)", sentBy: "\(inside)"),
            End(
                endpoint: outside, user: "bob", tag: "out-\(callID.prefix(6))", cSeq: 7001,
                contact: "sip:bob@\(outside)", sentBy: "\(outside)"),
        ]
    }

    /// The inside end's public endpoint.
    var translated: Endpoint { bench.translated(ends[0].endpoint) }

    // MARK: Requests

    /// Makes a request of a side; `number` is that of its last one for ACK and CANCEL, and a new one else.
    func request(
        _ method: String, from side: Side, body: String = "", type: String = "application/sdp",
        tag: String? = nil, _ fields: [(String, String)] = []
    ) -> SIPText {
        let own = Int(side.rawValue)
        if !["ACK", "CANCEL"].contains(method) { ends[own].cSeq += 1 }
        let end = ends[own]
        let number = method == "ACK" || method == "CANCEL" ? lastInvite[own] : end.cSeq
        if method == "INVITE" { lastInvite[own] = number }
        let other = ends[1 - own]
        let peerTag = method == "CANCEL" ? nil : tag ?? end.peerTag
        let branch = "z9hG4bK\(branchPrefix)-\(callID.prefix(8))-\(own)-\(number)\(method == "ACK" ? "-ack" : "")"
        let uri = end.target ?? (side == .inside ? "sip:bob@example.net" : "sip:alice@\(translated)")
        var message = SIPText(
            "\(method) \(uri) SIP/2.0",
            [
                ("Via", "SIP/2.0/UDP \(end.sentBy);branch=\(branch);rport"), ("Max-Forwards", "70"),
                ("From", "\"\(end.user)\" <sip:\(end.user)@example.com>;tag=\(end.tag)"),
                ("To", "<sip:\(other.user)@example.com>" + (peerTag.map { ";tag=\($0)" } ?? "")),
                ("Call-ID", callID), ("CSeq", "\(number) \(method)"),
            ])
        if method != "CANCEL", method != "BYE" { message.fields.append(("Contact", "<\(end.contact)>")) }
        for (name, value) in extra + fields { message.fields.append((name, value)) }
        if !body.isEmpty { message.fields.append(("Content-Type", type)) }
        message.body = body
        return message
    }
    private var lastInvite = [0, 0]

    /// Makes and sends a request; how it arrived, or nil.
    @discardableResult
    func ask(
        _ method: String, from side: Side, body: String = "", type: String = "application/sdp", tag: String? = nil,
        _ fields: [(String, String)] = []
    ) -> SIPText? {
        send(request(method, from: side, body: body, type: type, tag: tag, fields), from: side)
    }

    /// Sends a request; how it arrived, or nil.
    @discardableResult
    func send(_ message: SIPText, from side: Side) -> SIPText? {
        let own = Int(side.rawValue)
        sent[own][message["CSeq"]!] = message
        guard let arrival = transmit(message.text, from: side) else { return nil }
        let expected = side == .outside && ends[1].target != nil ? ends[0].contact : nil
        let message = arrival.message
        if let expected { #expect(message.requestURI == expected) }
        received[1 - own][message["CSeq"]!] = message
        learn(from: message, by: 1 - own, tagOf: "From")
        return message
    }

    // MARK: Responses

    /// Makes a response to a request that a side has received; without a number that of the other side's last one.
    func response(
        _ code: Int, to method: String, from side: Side, body: String = "", tag: String? = nil, number: Int? = nil,
        _ fields: [(String, String)] = []
    ) -> SIPText {
        let own = Int(side.rawValue)
        let number = number ?? (method == "INVITE" ? lastInvite[1 - own] : ends[1 - own].cSeq)
        guard let request = received[own]["\(number) \(method)"] else {
            preconditionFailure("\(number) \(method) was not received")
        }
        var message = SIPText("SIP/2.0 \(code) Whatever", [])
        for (index, via) in request.all("Via").enumerated() {
            message.fields.append(("Via", index == 0 ? noted(via, by: side) : via))
        }
        message.fields.append(("From", request["From"]!))
        let to = request["To"]!
        message.fields.append(("To", to.contains(";tag=") || code == 100 ? to : "\(to);tag=\(tag ?? ends[own].tag)"))
        message.fields.append(("Call-ID", request["Call-ID"]!))
        message.fields.append(("CSeq", request["CSeq"]!))
        if code < 300, method != "BYE", method != "CANCEL" {
            message.fields.append(("Contact", "<\(ends[own].contact)>"))
        }
        for (name, value) in extra + fields { message.fields.append((name, value)) }
        if !body.isEmpty { message.fields.append(("Content-Type", "application/sdp")) }
        message.body = body
        return message
    }

    /// A Via as its receiver notes on it where the request came from (RFC 3581).
    private func noted(_ via: String, by side: Side) -> String {
        let source = side == .outside ? translated : ends[1].endpoint
        return via.replacing(";rport", with: ";received=\(source.address);rport=\(source.port)")
    }

    /// Makes and sends a response; how it arrived, or nil.
    @discardableResult
    func answer(
        _ code: Int, to method: String, from side: Side, body: String = "", tag: String? = nil, number: Int? = nil,
        _ fields: [(String, String)] = []
    ) -> SIPText? {
        let response = response(code, to: method, from: side, body: body, tag: tag, number: number, fields)
        guard let arrival = transmit(response.text, from: side) else { return nil }
        let message = arrival.message
        let own = 1 - Int(side.rawValue)
        let request = sent[own][message["CSeq"]!]!
        for (index, via) in request.all("Via").enumerated() {
            let back = message.all("Via")[index]
            let end = ends[own].endpoint
            let expected = index > 0 ? via : via.replacing(";rport", with: ";received=\(end.address);rport=\(end.port)")
            #expect(own == 0 ? back == expected : back.hasPrefix(via.prefix { $0 != ";" }), "Via")
        }
        #expect(message["From"] == request["From"] && message["Call-ID"] == request["Call-ID"])
        #expect(message["To"]?.hasPrefix(request["To"]!) == true)
        if code > 100, code < 300 { learn(from: message, by: own, tagOf: "To") }
        return message
    }

    private func learn(from message: SIPText, by own: Int, tagOf party: String) {
        if let contact = message["Contact"] { ends[own].target = String(contact.dropFirst().dropLast()) }
        if let mark = message[party]?.firstRange(of: ";tag=") {
            ends[own].peerTag = String(message[party]![mark.upperBound...])
        }
    }

    /// Sends the last datagram once more, which has to arrive as it did.
    func repeatLast(sourceLocation: SourceLocation = #_sourceLocation) {
        let arrivals = bench.send(lastSent, from: lastSource, to: lastDestination)
        #expect(arrivals.map(\.text) == lastArrivals.map(\.text), sourceLocation: sourceLocation)
    }
    private var lastSource = SIPBench.phone
    private var lastDestination = SIPBench.server

    /// Sends a text to the other side; what arrived there. That Content-Length is right is checked unless it is the point.
    @discardableResult
    func transmit(_ text: String, from side: Side, checksLength: Bool = true) -> SIPBench.Arrival? {
        lastSent = Array(text.utf8)
        lastSource = ends[Int(side.rawValue)].endpoint
        lastDestination = side == .inside ? ends[1].endpoint : translated
        lastArrivals = bench.send(lastSent, from: lastSource, to: lastDestination)
        let other = ends[1 - Int(side.rawValue)].endpoint
        guard let arrival = lastArrivals.first(where: { $0.destination == other }) else { return nil }
        if checksLength { #expect(arrival.message.hasRightLength) }
        return arrival
    }

    // MARK: Whole calls

    /// From INVITE to ACK, with one audio stream each: flows are open then.
    func establish(
        from side: Side = .inside, insidePort: Int = 30000, outsidePort: Int = 20000, attributes: String = "a=sendrecv"
    ) {
        let own = side == .inside ? "192.168.1.10" : "\(ends[1].endpoint.address)"
        let other = side == .inside ? "\(ends[1].endpoint.address)" : "192.168.1.10"
        let ports = side == .inside ? [insidePort, outsidePort] : [outsidePort, insidePort]
        guard ask("INVITE", from: side, body: sdp(own, ports[0], attributes)) != nil else {
            Issue.record("\(callID): INVITE was refused")
            return
        }
        answer(180, to: "INVITE", from: side.other)
        answer(200, to: "INVITE", from: side.other, body: sdp(other, ports[1], attributes))
        ask("ACK", from: side)
    }

    /// A new offer and its answer, confirmed.
    func reinvite(from side: Side, offer: String, answer: String) {
        ask("INVITE", from: side, body: offer)
        self.answer(200, to: "INVITE", from: side.other, body: answer)
        ask("ACK", from: side)
    }

    /// BYE and its response.
    func hangUp(from side: Side) {
        ask("BYE", from: side)
        answer(200, to: "BYE", from: side.other)
    }
}
