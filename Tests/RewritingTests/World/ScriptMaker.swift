import TestSupport
import WireFormats

/// Makes up conversations.
struct ScriptMaker {
    var random: Random
    let client: IPv4Address

    enum Kind { case commands, manyEdits, endlessLine, protection, extendedPassiveAll }

    /// A conversation of some kind, or of one that is wanted.
    mutating func script(_ wanted: Kind? = nil) -> Script {
        var script = Script()
        script.greeting = reply(220)
        script.ending =
            random.once(in: 12) ? .abort : random.one(of: [.clientFirst, .halfClose, .serverFirst, .together])
        script.clientPace = random.one(of: [.atOnce, .atOnce, .inPieces, .inPieces, .byteByByte])
        script.serverPace = random.one(of: [.atOnce, .atOnce, .inPieces, .inPieces, .byteByByte])
        script.pauses = random.one(of: [0, 0, 0.1])
        script.silences = random.one(of: [0, 0, 0, 0.2])
        let kinds: [Kind] = [.manyEdits, .endlessLine, .protection, .protection, .protection, .extendedPassiveAll]
        switch wanted ?? (random.chance(0.2) ? random.one(of: kinds) : .commands) {
        case .commands: addCommands(&script, random.number(1...4))
        case .manyEdits: addManyEdits(&script)
        case .endlessLine: addEndlessLine(&script)
        case .protection: addProtection(&script)
        case .extendedPassiveAll: addExtendedPassiveAll(&script)
        }
        if random.once(in: 10) { script.rest = Array(random.one(of: ["NOO", "PORT 10,0", "EPRT |1", "\r", "P"]).utf8) }
        return script
    }

    private mutating func addCommands(_ script: inout Script, _ count: Int) {
        for _ in 0..<count {
            script.steps.append(.commands((0..<random.number(1...6)).map { _ in exchange() }))
        }
    }

    // MARK: Kinds of conversations

    /// Fifty commands that grow and fifty whose replies do, in a pipeline.
    private mutating func addManyEdits(_ script: inout Script) {
        var exchanges: [Script.Exchange] = []
        for _ in 0..<50 { exchanges += [announcement(), refusable()] }
        if random.chance(0.5) { exchanges.shuffle(using: &random) }
        script.steps = [.commands(exchanges)]
        script.clientPace = random.one(of: [.atOnce, .inPieces])
        script.serverPace = random.one(of: [.atOnce, .inPieces])
    }

    private mutating func addEndlessLine(_ script: inout Script) {
        let verb = random.one(of: ["PORT ", "STOR ", "EPRT |", "XXXX", "AUTH "])
        let line = Array(verb.utf8) + [UInt8](repeating: UInt8(random.number(33...126)), count: 70_000)
        script.clientPace = .atOnce
        script.serverPace = .atOnce
        script.silences = 0
        script.pauses = 0
        addCommands(&script, 1)
        script.steps.append(.commands([Script.Exchange(line: line + [13, 10], reply: reply(500))]))
        addCommands(&script, 1)
    }

    private mutating func addProtection(_ script: inout Script) {
        addCommands(&script, 1)
        let isAccepted = random.chance(0.7)
        script.steps.append(
            .commands([exchange(random.one(of: ["AUTH TLS", "auth ssl"]), isAccepted ? 234 : 502)]))
        if isAccepted {
            for _ in 0..<random.number(1...3) { script.steps.append(.records(client: records(), server: records())) }
            if random.chance(0.3) { return }
        }
        addCommands(&script, 2)
    }

    private mutating func addExtendedPassiveAll(_ script: inout Script) {
        addCommands(&script, 1)
        script.steps.append(.commands([exchange("EPSV ALL", random.one(of: [200, 200, 501]))]))
        addCommands(&script, 2)
    }

    private mutating func records() -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<random.number(1...4) {
            let length = random.number(1...600)
            bytes +=
                [UInt8(random.number(20...23)), 3, 3, UInt8(length >> 8), UInt8(length & 255)] + random.bytes(length)
        }
        return bytes
    }

    // MARK: Commands

    private mutating func exchange() -> Script.Exchange {
        switch random.number(0...11) {
        case 0...2: announcement()
        case 3: refusable()
        case 4: exchange(random.one(of: ["PASV", "pasv", " PASV", "CPSV"]), random.one(of: [227, 227, 425]))
        case 5: exchange(random.one(of: ["EPSV", "epsv 1", "EPSV 2"]), random.one(of: [229, 522]))
        case 6: synch()
        case 7: Script.Exchange(line: Array(random.one(of: ["\r\n", "\n"]).utf8), reply: [])
        case 8: exchange("FEAT", 211)
        default: plain()
        }
    }

    private mutating func exchange(_ text: String, _ code: Int) -> Script.Exchange {
        Script.Exchange(line: Array(text.utf8) + lineEnd(), reply: reply(code))
    }

    /// PORT or EPRT as it should be.
    private mutating func announcement() -> Script.Exchange {
        let port = random.number(1024...65535)
        let text: String
        if random.chance(0.5) {
            let address = String(describing: client).split(separator: ".").joined(separator: ",")
            text = random.one(of: ["PORT ", "port ", "PORT  ", "\rPORT "]) + "\(address),\(port / 256),\(port % 256)"
        } else {
            let mark = random.one(of: ["|", "|", "!", "x", "/"])
            text =
                random.one(of: ["EPRT ", "eprt "])
                + [mark, "1", mark, client.description, mark, "\(port)", mark].joined()
        }
        return exchange(text, random.one(of: [200, 200, 200, 500]))
    }

    /// A command that must not reach the server.
    private mutating func refusable() -> Script.Exchange {
        let own = String(describing: client).split(separator: ".").joined(separator: ",")
        let text = random.one(of: [
            "LPRT 4,10,0,0,1,2,4,1", "lprt x", "PORT 10,9,9,9,4,1", "PORT \(own),0,22", "PORT \(own),256,22", "PORT",
            "PORT 1,2,3", "EPRT |2|::1|5000|", "EPRT |1|192.0.2.1|5000|", "EPRT |1|\(client)|80|", "EPRT ",
            "EPRT |1|\(client)|70000|", "PORT " + String(repeating: "1", count: 1100),
        ])
        return exchange(text, random.one(of: [200, 200, 500]))
    }

    /// Telnet IP and Synch; the urgent data ends behind them.
    static let synch: [UInt8] = [0xFF, 0xF4, 0xFF, 0xF2]

    /// ABOR in the way of RFC 959 section 4.1.3.
    private mutating func synch() -> Script.Exchange {
        var exchange = exchange("ABOR", 226)
        exchange.line = ScriptMaker.synch + exchange.line
        exchange.urgentEnd = 4
        return exchange
    }

    private mutating func plain() -> Script.Exchange {
        let length = random.once(in: 12) ? random.number(1...3000) : random.number(0...40)
        var path = random.bytes(length).map { $0 == 10 || $0 == 13 || $0 == 0 || $0 == 0xFF ? 0x61 : $0 }
        if random.once(in: 8) { path += [0xFF, 0xFF, 0xFF, 0xF1, 0] }
        let verb = Array(random.one(of: ["STOR ", "RETR ", "CWD ", "USER ", "xcup ", "SITE PORT "]).utf8)
        return Script.Exchange(line: verb + path + lineEnd(), reply: reply(random.one(of: [200, 331, 550, 226])))
    }

    private mutating func lineEnd() -> [UInt8] { random.once(in: 6) ? [10] : [13, 10] }

    // MARK: Replies

    /// A reply with a code, of one line or several, after a preliminary one or not.
    private mutating func reply(_ code: Int) -> [UInt8] {
        var text = ""
        if code == 226 { text += "150 Opening data connection.\r\n" }
        if random.once(in: 4) {
            text += "\(code)-First line\r\n"
            for _ in 0..<random.number(0...3) {
                text += random.one(of: [
                    " some text\r\n", "\(code)-again\r\n", "\r\n", "\n", "1\n",
                    (code == 227 ? "229" : "227") + " Entering Passive Mode (9,9,9,9,9,9)\r\n",
                    (code == 200 ? "201" : "200") + " not the end\r\n",
                ])
            }
        }
        switch code {
        case 227: text += passive()
        case 229: text += "229 Entering Extended Passive Mode (|||\(random.number(1024...65535))|)"
        default: text += "\(code) " + String(repeating: "x", count: random.once(in: 15) ? random.number(1...3000) : 9)
        }
        return Array(text.utf8) + lineEnd()
    }

    private mutating func passive() -> String {
        let ports = "\(random.number(4...255)),\(random.number(0...255))"
        return random.one(of: [
            "227 Entering Passive Mode (198,51,100,9,\(ports)).", "227 =198,51,100,9,\(ports)",
            "227 IPv4 mode (198,51,100,9,\(ports))", "227 Elsewhere (192,0,2,1,\(ports))", "227 Nothing here",
            "227 (198,51,100,9,300,1)",
        ])
    }
}
