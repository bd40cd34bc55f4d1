import Rewriting
import TestSupport
import Testing
import WireFormats

/// A call whose course is drawn at random, message by message, and beside it a model of offers and answers (RFC 3264) which
/// says what flows there should be. The model knows nothing of how the gateway goes about it.
final class SIPRandomCall {
    /// An m= line of a description.
    struct Line {
        var kind = "audio"
        var port: Int
        var isMultiplexed = false
        var control: Int?
        /// On hold by 0.0.0.0.
        var isZero = false
        var direction = "sendrecv"
        /// Of a media over TCP, who is to connect, if that is said.
        var setup: String?

        func text(_ address: String) -> String {
            let profile = ["image": "udptl t38", "message": "TCP/MSRP *"][kind] ?? "RTP/AVP 0"
            var text = "m=\(kind) \(port) \(profile)\r\nc=IN IP4 \(isZero ? "0.0.0.0" : address)\r\na=\(direction)\r\n"
            if let control { text += "a=rtcp:\(control)\r\n" }
            if isMultiplexed { text += "a=rtcp-mux\r\n" }
            if kind == "message" { text += "a=path:msrp://\(address):\(port)/s;tcp\r\n" }
            if let setup { text += "a=setup:\(setup)\r\n" }
            return text
        }
    }

    /// One end of a media as the model sees it.
    private struct End {
        var media: String?
        var control: String?
        var isMultiplexed = false

        init() {}

        init(_ line: Line, _ address: String) {
            // Over TCP there are flows when somebody connects.
            guard line.port != 0, line.kind != "message" else { return }
            media = "\(address):\(line.port)"
            isMultiplexed = line.isMultiplexed
            if line.kind != "image" { control = "\(address):\(line.control ?? line.port + 1)" }
        }
    }

    private struct Sent {
        var data: [UInt8]
        var source: Endpoint
        var destination: Endpoint
        var arrived: [String]
        var time: UInt64
    }

    private static let linger: UInt64 = 32 * SIPBench.second
    let bench: SIPBench
    let call: SIPDialogue
    private var random: Random
    private let number: Int
    private var steps: [() -> Void] = []
    /// Whether its end has been seen: what is repeated then may arrive as it likes.
    private(set) var isOver = false
    private var history: [Sent] = []
    private let addresses: [String]
    private var nextPort = [0, 0]
    // The model: what each side has said last, in each dialog, and which flows close when (nil: not).
    private var lines: [[Line]] = [[], []]
    private var dialogs: [String: [[End]]] = [:]
    private var flows: [String: UInt64?] = [:]

    init(_ bench: SIPBench, number: Int, seed: UInt64) {
        self.bench = bench
        self.number = number
        random = Random(seed: seed)
        let phone = Endpoint("192.168.1.\(10 + number % 3):5060")!
        call = SIPDialogue(bench, callID: "\(number)-\(seed % 1000)@x", inside: phone)
        addresses = ["192.168.1.\(10 + number % 3)", "198.51.100.9"]
        // Every phone leaves out its port in other places.
        if number % 3 > 0 { call.ends[0].contact = "sip:alice@\(phone.address)" }
        if number % 3 > 1 { call.ends[0].sentBy = "\(phone.address)" }
        bench.send(call.request("OPTIONS", from: .inside).text, from: phone, to: SIPBench.server)
        plan()
    }

    // MARK: Descriptions

    private func body(_ side: Side) -> String {
        let own = Int(side.rawValue)
        let address = addresses[own]
        return "v=0\r\no=- 1 1 IN IP4 \(address)\r\ns=-\r\nc=IN IP4 \(address)\r\nt=0 0\r\n"
            + lines[own].map { $0.text(address) }.joined()
    }

    private func draw(_ side: Side) -> Line {
        let own = Int(side.rawValue)
        nextPort[own] += 2
        var line = Line(port: 10_000 + 10_000 * own + 100 * number + nextPort[own] % 96)
        line.kind = random.one(of: ["audio", "audio", "video", "image", "message"])
        if random.once(in: 2) { line.setup = random.one(of: ["active", "passive", "actpass", "holdconn"]) }
        guard !["image", "message"].contains(line.kind) else { return line }
        line.isMultiplexed = random.once(in: 3)
        if random.once(in: 4) { line.control = line.port + (random.once(in: 2) ? 3 : 1) }
        return line
    }

    /// A new offer, made from what the side has said before.
    private func makeOffer(_ side: Side) {
        let own = Int(side.rawValue)
        if lines[own].isEmpty { lines[own] = (0..<random.number(1...2)).map { _ in draw(side) } }
        for index in lines[own].indices {
            let kind = lines[own][index].kind
            switch random.number(0...7) {
            case 0:
                lines[own][index] = draw(side)
                lines[own][index].kind = kind
            case 1: lines[own][index].direction = random.one(of: ["sendonly", "inactive", "recvonly"])
            case 2: lines[own][index].isZero.toggle()
            case 3 where lines[own].count > 1: lines[own][index].port = 0
            case 4: lines[own][index].direction = "sendrecv"
            default: break
            }
        }
        if lines[own].count < 3, lines[1 - own].count == lines[own].count, random.once(in: 8) {
            lines[own].append(draw(side))
        }
    }

    /// An answer to the other side's offer: as many lines.
    private func makeAnswer(_ side: Side) {
        let own = Int(side.rawValue)
        for index in lines[1 - own].indices {
            let offered = lines[1 - own][index]
            if index >= lines[own].count { lines[own].append(draw(side)) }
            if lines[own][index].port == 0 && offered.port != 0 || random.once(in: 8) { lines[own][index] = draw(side) }
            if offered.port == 0 { lines[own][index].port = 0 }
            lines[own][index].kind = offered.kind
            if ["image", "message"].contains(offered.kind) {
                (lines[own][index].isMultiplexed, lines[own][index].control) = (false, nil)
            }
            lines[own][index].isZero = false
        }
    }

    // MARK: The model

    /// Both sides have said what stands in `lines`.
    private func agree(_ tag: String, _ said: [[Line]]) {
        var ends = dialogs[tag] ?? [[], []]
        for side in 0..<2 {
            for (index, line) in said[side].enumerated() {
                if index >= ends[side].count { ends[side].append(End()) }
                if line.isZero && line.port != 0 { continue }
                ends[side][index] = End(line, addresses[side])
            }
        }
        dialogs[tag] = ends
        settle()
    }

    /// Flows that nobody wants any more close after a while.
    private func settle() {
        let wanted = self.wanted
        for flow in flows.keys where !wanted.contains(flow) && flows[flow]! == nil {
            flows[flow] = .some(bench.now + Self.linger)
        }
        for flow in wanted { flows[flow] = .some(nil) }
    }

    private var wanted: Set<String> {
        var wanted: Set<String> = []
        for ends in dialogs.values {
            for index in 0..<min(ends[0].count, ends[1].count) {
                let (inside, outside) = (ends[0][index], ends[1][index])
                guard let one = inside.media, let other = outside.media else { continue }
                wanted.insert("\(one) \(other)")
                guard !(inside.isMultiplexed && outside.isMultiplexed), let one = inside.control,
                    let other = outside.control
                else { continue }
                wanted.insert("\(one) \(other)")
            }
        }
        return wanted
    }

    /// The flows that there should be now; nil while it is not sure to a few hundredths of a second.
    var expected: Set<String>? {
        var expected: Set<String> = []
        for (flow, closes) in flows {
            if let closes, closes + 20_000_000 > bench.now, closes < bench.now + 20_000_000 { return nil }
            if closes.map({ $0 > bench.now }) ?? true { expected.insert(flow) }
        }
        return expected
    }

    private func end(at time: UInt64?) {
        isOver = true
        dialogs = [:]
        guard let time else {
            flows = [:]
            return
        }
        for flow in flows.keys { flows[flow] = .some(min(flows[flow]! ?? .max, time)) }
    }

    // MARK: The course of the call

    /// Provisional responses that arrive after the final one.
    private var overtaken: [SIPText] = []

    /// Does the next step; false when there is none any more.
    func step() -> Bool {
        guard !steps.isEmpty else { return false }
        steps.removeFirst()()
        if random.once(in: 2) { repeatSomething() }
        return true
    }

    /// Keeps what was sent last, to repeat it.
    private func keep(_ side: Side) {
        history.append(
            Sent(
                data: call.lastSent, source: call.ends[Int(side.rawValue)].endpoint,
                destination: side == .inside ? SIPBench.server : call.translated,
                arrived: call.lastArrivals.map(\.text), time: bench.now))
    }

    /// A datagram of this call once more: because it was lost behind the gateway, or the network has doubled it.
    private func repeatSomething() {
        let recent = history.filter { $0.time + 25 * SIPBench.second > bench.now }
        guard !recent.isEmpty else { return }
        let sent = random.one(of: recent)
        let flows = bench.pairs
        let arrived = bench.send(sent.data, from: sent.source, to: sent.destination).map(\.text)
        if !isOver { #expect(arrived == sent.arrived, "repeated: \(String(decoding: sent.data, as: UTF8.self))") }
        #expect(bench.pairs == flows, "repeated: \(String(decoding: sent.data, as: UTF8.self))")
    }

    private func plan() {
        let caller: Side = random.once(in: 2) ? .inside : .outside
        let callee = caller.other
        let hasOffer = !random.once(in: 4)
        if random.once(in: 4) { planFailure(caller, random.one(of: [401, 407]), hasOffer) }
        planInvite(caller, hasOffer)
        let forks =
            caller == .inside && random.once(in: 3)
            ? ["fork1", "fork2", call.ends[1].tag] : [call.ends[Int(callee.rawValue)].tag]
        if hasOffer, random.once(in: 2) { planEarly(callee, forks) }
        let outcome = random.number(0...9)
        if outcome == 0 { return planCancel(caller) }
        if outcome == 1 { return planRejection(caller, random.one(of: [302, 404, 486, 600])) }
        planConfirmation(caller, hasOffer)
        for _ in 0..<random.number(0...6) { planChange() }
        planEnd()
    }

    private func add(_ step: @escaping () -> Void) { steps.append(step) }

    private func planInvite(_ caller: Side, _ hasOffer: Bool) {
        add { [self] in
            if hasOffer { makeOffer(caller) }
            call.ask("INVITE", from: caller, body: hasOffer ? body(caller) : "")
            keep(caller)
        }
        if random.once(in: 2) {
            add { [self] in
                call.answer(100, to: "INVITE", from: caller.other)
                keep(caller.other)
            }
        }
    }

    private func planFailure(_ caller: Side, _ code: Int, _ hasOffer: Bool) {
        planInvite(caller, hasOffer)
        planRejection(caller, code, isLast: false)
        add { [self] in
            let own = Int(caller.rawValue)
            (call.ends[own].peerTag, call.ends[own].target) = (nil, nil)
        }
    }

    private func planRejection(_ caller: Side, _ code: Int, isLast: Bool = true) {
        add { [self] in
            call.answer(code, to: "INVITE", from: caller.other)
            flows = [:]
            dialogs = [:]
            isOver = isLast
            keep(caller.other)
        }
        add { [self] in
            call.ask("ACK", from: caller)
            keep(caller)
        }
    }

    private func planCancel(_ caller: Side) {
        add { [self] in
            call.ask("CANCEL", from: caller)
            keep(caller)
        }
        planRejection(caller, 487)
    }

    private func planEarly(_ callee: Side, _ tags: [String]) {
        for tag in tags {
            add { [self] in
                makeAnswer(callee)
                // Some are overtaken by the final response, and say nothing new then.
                if random.once(in: 4) {
                    overtaken.append(call.response(183, to: "INVITE", from: callee, body: body(callee), tag: tag))
                    return
                }
                call.answer(183, to: "INVITE", from: callee, body: body(callee), tag: tag)
                agree(callee == .outside ? tag : call.ends[1].tag, lines)
                keep(callee)
            }
        }
    }

    private func planConfirmation(_ caller: Side, _ hasOffer: Bool) {
        let callee = caller.other
        add { [self] in
            if hasOffer { makeAnswer(callee) } else { makeOffer(callee) }
            call.answer(200, to: "INVITE", from: callee, body: body(callee))
            keep(callee)
            // Other early dialogs have ended.
            dialogs = dialogs.filter { $0.key == call.ends[1].tag }
            if hasOffer { agree(call.ends[1].tag, lines) } else { settle() }
            for late in overtaken {
                call.transmit(late.text, from: callee)
                keep(callee)
            }
            overtaken = []
        }
        add { [self] in
            if !hasOffer { makeAnswer(caller) }
            call.ask("ACK", from: caller, body: hasOffer ? "" : body(caller))
            if !hasOffer { agree(call.ends[1].tag, lines) }
            keep(caller)
        }
    }

    private func planChange() {
        let side: Side = random.once(in: 2) ? .inside : .outside
        switch random.number(0...5) {
        case 0: add { [self] in bench.wait(Double(random.number(1...40))) }
        case 1: planFailedChange(side)
        case 2: planUpdate(side)
        case 3:
            add { [self] in
                call.ask("INFO", from: side, body: "x", type: "text/plain")
                keep(side)
            }
            add { [self] in
                call.answer(200, to: "INFO", from: side.other)
                keep(side.other)
            }
        default:
            let hasOffer = !random.once(in: 4)
            planInvite(side, hasOffer)
            planConfirmation(side, hasOffer)
        }
    }

    private func planUpdate(_ side: Side) {
        add { [self] in
            makeOffer(side)
            call.ask("UPDATE", from: side, body: body(side))
            keep(side)
        }
        add { [self] in
            makeAnswer(side.other)
            call.answer(200, to: "UPDATE", from: side.other, body: body(side.other))
            agree(call.ends[1].tag, lines)
            keep(side.other)
        }
    }

    private func planFailedChange(_ side: Side) {
        let own = Int(side.rawValue)
        var before: [Line] = []
        add { [self] in
            before = lines[own]
            makeOffer(side)
            call.ask("INVITE", from: side, body: body(side))
            keep(side)
        }
        let code = random.one(of: [488, 491, 500, 407])
        add { [self] in
            call.answer(code, to: "INVITE", from: side.other)
            lines[own] = before
            keep(side.other)
        }
        add { [self] in
            call.ask("ACK", from: side)
            keep(side)
        }
    }

    private func planEnd() {
        let side: Side = random.once(in: 2) ? .inside : .outside
        if random.once(in: 4) {
            planBye(side)
            add { [self] in
                call.answer(407, to: "BYE", from: side.other)
                keep(side.other)
                isEnding = false
            }
        }
        planBye(side)
        let isAnswered = random.chance(0.8)
        add { [self] in
            guard isAnswered else { return end(at: byeTime + 900_000_000) }
            call.answer(200, to: "BYE", from: side.other)
            keep(side.other)
            end(at: nil)
        }
    }
    private var byeTime: UInt64 = 0
    /// Whether BYE was sent and not answered: within a second its answer has to come.
    private(set) var isEnding = false

    private func planBye(_ side: Side) {
        add { [self] in
            call.ask("BYE", from: side)
            keep(side)
            byeTime = bench.now
            isEnding = true
        }
    }
}
