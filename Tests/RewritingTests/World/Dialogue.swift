import Rewriting
import WireFormats

/// Lets client and server follow a script in a world, and says whether they read what the rules prescribe.
final class Dialogue {
    private let world: World
    private let script: Script
    /// What the server must read, and the client, with the end of each step.
    private var toServer: [Rules.Piece] = []
    private var toClient: [UInt8] = []
    private var clientStepEnds: [Int] = []
    /// What each host has yet to hand to its TCP.
    private var clientQueue: [UInt8] = []
    private var serverQueue: [UInt8] = []
    private var urgentMarks: [Int] = []
    private var clientStep = 0
    private var serverStep = 0
    private var serverCursor = 0
    private var serverLine = 0
    private var clientClosed = false
    private var serverClosed = false
    private var abortAt = UInt64.max
    private(set) var announcements = 0
    private(set) var refusals = 0

    init(_ world: World, _ script: Script) {
        self.world = world
        self.script = script
        prescribe()
        if script.ending == .abort { abortAt = world.now + UInt64(world.random.number(0...5_000)) * 1_000_000 }
        world.application = { [unowned self] _, node in self.act(node) }
    }

    private func prescribe() {
        var rules = Rules(client: world.client.local.address)
        toClient = script.greeting
        for step in script.steps {
            switch step {
            case .commands(let exchanges):
                for exchange in exchanges {
                    let outcome = rules.outcome(of: exchange.line)
                    toServer += outcome.pieces
                    toClient += exchange.reply.isEmpty ? [] : outcome.refusal ?? exchange.reply
                    if outcome.announces { announcements += 1 }
                    if outcome.refusal != nil { refusals += 1 }
                    if exchange.line.starts(with: "EPSV ALL".utf8), exchange.reply.starts(with: "200".utf8) {
                        rules.isOnlyExtendedPassive = true
                    }
                }
            case .records(let client, let server):
                toServer.append(.bytes(client))
                toClient += server
            }
            clientStepEnds.append(toClient.count)
        }
        toServer.append(.bytes(script.rest))
    }

    // MARK: Running

    /// Runs the conversation to its end; what went wrong, or nil.
    func run() -> String? {
        world.drive(.client) { $0.connect(now: world.now) }
        world.wake(.client, after: 0)
        if script.ending == .abort { world.wake(.client, after: abortAt - world.now) }
        while world.failure == nil, !isOver {
            let before = progress
            let isEnough = world.run(until: world.now + 600_000_000_000) { isOver }
            if world.failure == nil, !isEnough, progress == before { return stalled }
        }
        if world.failure == nil { compare() }
        // What is left has to go by itself.
        world.run(until: world.now + 900_000_000_000) { false }
        if world.failure == nil { checkNothingLeft() }
        return world.failure
    }

    /// Grows as long as anything gets on.
    private var progress: Int {
        world.client.received.next + world.client.unacknowledged + world.server.received.next
            + world.server.unacknowledged
    }

    private var isOver: Bool {
        if world.client.phase == .reset && world.server.phase == .reset { return true }
        if script.ending == .abort, abortAt < world.now &- 600_000_000_000 { return true }
        return world.client.isOver && world.server.isOver
    }

    private var stalled: String {
        "counters \(Counter.allCases.filter { world.gateway.counter($0) > 0 }.map { "\($0) \(world.gateway.counter($0))" }) "
            + "stalled: client \(world.client.phase) read \(world.client.received.next) of \(toClient.count) bytes, "
            + "acknowledged \(world.client.unacknowledged - 1) of \(world.client.written.count), step \(clientStep); "
            + "server \(world.server.phase) read \(world.server.received.next), acknowledged "
            + "\(world.server.unacknowledged - 1) of \(world.server.written.count), step \(serverStep) of "
            + "\(script.steps.count) from \(serverCursor) \(script.steps[min(serverStep, script.steps.count - 1)]); \(firstDifference ?? "")"
    }

    /// Where the client read something else than it should.
    private var firstDifference: String? {
        let client = world.client.received.inOrder
        guard let place = zip(client, toClient).enumerated().first(where: { $1.0 != $1.1 })?.offset else { return nil }
        return "from \(place) the client read \(excerpt(client, place)) instead of \(excerpt(toClient, place))"
    }

    private func act(_ node: World.Node) {
        if world.now >= abortAt {
            if script.ending == .abort, world.client.phase != .reset, world.server.phase != .reset {
                abortAt = world.now
                world.drive(world.random.chance(0.5) ? .client : .server) { $0.abort(now: world.now) }
            }
            return
        }
        guard !pauseReading(node) else { return }
        if case .client = node { actAsClient() } else { actAsServer() }
    }

    /// Stops reading for a while, now and then; true if that is so now.
    private func pauseReading(_ node: World.Node) -> Bool {
        let peer = isClient(node) ? world.client : world.server
        if let until = pausedUntil[isClient(node) ? 0 : 1] {
            guard world.now >= until else { return true }
            pausedUntil[isClient(node) ? 0 : 1] = nil
            world.drive(node) { $0.resume(now: world.now) }
        } else if world.random.chance(script.pauses) {
            let delay = UInt64(world.random.number(10...4_000)) * 1_000_000
            pausedUntil[isClient(node) ? 0 : 1] = world.now + delay
            peer.pause()
            world.wake(node, after: delay)
            return true
        }
        return false
    }

    private var pausedUntil: [UInt64?] = [nil, nil]

    private func isClient(_ node: World.Node) -> Bool {
        if case .client = node { return true }
        return false
    }

    // MARK: The client

    private func actAsClient() {
        guard world.client.phase == .open else { return }
        let read = world.client.received.next
        let wanted = clientStep == 0 ? script.greeting.count : clientStepEnds[clientStep - 1]
        if clientQueue.isEmpty, !clientClosed, read >= wanted, !isSilent() {
            if clientStep < script.steps.count {
                say(script.steps[clientStep])
                clientStep += 1
            } else if script.ending != .serverFirst || world.client.hasHeardEnd {
                clientClosed = true
                clientQueue += script.rest
            }
            if script.ending == .halfClose, clientStep == script.steps.count, !clientClosed {
                clientClosed = true
                clientQueue += script.rest
            }
        }
        write(.client)
    }

    private func say(_ step: Script.Step) {
        switch step {
        case .commands(let exchanges):
            for exchange in exchanges {
                if let urgent = exchange.urgentEnd {
                    urgentMarks.append(world.client.written.count + clientQueue.count + urgent)
                }
                clientQueue += exchange.line
            }
        case .records(let client, _): clientQueue += client
        }
    }

    /// Whether the client keeps silent for a while.
    private func isSilent() -> Bool {
        if silentUntil > world.now { return true }
        guard silentUntil == 0, world.random.chance(script.silences) else {
            silentUntil = 0
            return false
        }
        let delay = UInt64(world.random.number(1_000...200_000)) * 1_000_000
        silentUntil = world.now + delay
        world.wake(.client, after: delay)
        return true
    }

    private var silentUntil: UInt64 = 0

    // MARK: The server

    private func actAsServer() {
        guard world.server.phase == .open else { return }
        if !hasGreeted {
            hasGreeted = true
            serverQueue += script.greeting
        }
        while serverStep < script.steps.count, readOn(script.steps[serverStep]) {}
        let isDone = serverStep == script.steps.count
        if !serverClosed,
            world.server.hasHeardEnd || isDone && (script.ending == .serverFirst || script.ending == .together)
        {
            serverClosed = true
        }
        write(.server)
    }

    private var hasGreeted = false

    /// Reads what there is for a step, and answers; true when something was read.
    private func readOn(_ step: Script.Step) -> Bool {
        let bytes = world.server.received.inOrder
        switch step {
        case .commands(let exchanges):
            guard let end = bytes[serverCursor...].firstIndex(of: 10) else { return false }
            serverCursor = end + 1
            serverQueue += exchanges[serverLine].reply
            serverLine += 1
            if serverLine < exchanges.count { return true }
            serverLine = 0
        case .records(let client, let server):
            guard bytes.count >= serverCursor + client.count else { return false }
            serverCursor += client.count
            serverQueue += server
        }
        serverStep += 1
        return true
    }

    // MARK: Writing

    /// Hands to TCP what the pace allows, and closes when nothing is left and nothing more will come.
    private func write(_ node: World.Node) {
        let isClient = self.isClient(node)
        let queue = isClient ? clientQueue : serverQueue
        if queue.isEmpty {
            if isClient ? clientClosed : serverClosed { world.drive(node) { $0.close(now: world.now) } }
            return
        }
        var count = queue.count
        switch isClient ? script.clientPace : script.serverPace {
        case .atOnce: break
        case .inPieces: count = world.random.number(1...min(count, 200))
        case .byteByByte: count = queue.count > 400 ? 100 : 1
        }
        let written = isClient ? world.client.written.count : world.server.written.count
        var isUrgent = false
        if isClient, let mark = urgentMarks.first(where: { $0 > written }), mark <= written + count {
            count = mark - written
            isUrgent = true
        }
        if isClient { clientQueue.removeFirst(count) } else { serverQueue.removeFirst(count) }
        world.drive(node) { $0.write(Array(queue.prefix(count)), isUrgent: isUrgent, now: world.now) }
        world.wake(node, after: UInt64(world.random.number(1...30)) * 1_000_000)
    }

    // MARK: Judging

    private func compare() {
        let isWhole = script.ending != .abort
        let client = world.client.received.inOrder
        if isWhole ? client != toClient : !toClient.starts(with: client) {
            world.fail("the client read \(client.count) bytes instead of \(toClient.count); \(firstDifference ?? "")")
        }
        compareServer(isWhole)
        guard isWhole else { return }
        compareUrgent()
        if !world.client.isAcknowledged || !world.server.isAcknowledged { world.fail("not all was acknowledged") }
    }

    private func compareServer(_ isWhole: Bool) {
        var rest = world.server.received.inOrder[...]
        for piece in toServer {
            let wanted: [UInt8]
            switch piece {
            case .bytes(let bytes): wanted = bytes
            case .port:
                let text = rest.prefix { $0 == 0x2C || 0x30...0x39 ~= $0 }
                let numbers = text.split(separator: 0x2C).compactMap { Int(String(decoding: $0, as: UTF8.self)) }
                guard numbers.count == 6 else { return isWhole ? world.fail("no PORT in \(excerpt(rest))") : () }
                wanted = Array("203,0,113,7,\(numbers[4]),\(numbers[5])".utf8)
                checkPort(numbers[4] << 8 | numbers[5], isWhole)
            case .extendedPort(let mark):
                let delimiter = mark.asciiValue!
                let fields = rest.split(separator: delimiter, maxSplits: 4, omittingEmptySubsequences: false)
                guard fields.count == 5, let port = Int(String(decoding: fields[3], as: UTF8.self)) else {
                    return isWhole ? world.fail("no EPRT in \(excerpt(rest))") : ()
                }
                wanted = Array("\(mark)1\(mark)203.0.113.7\(mark)\(port)\(mark)".utf8)
                checkPort(port, isWhole)
            }
            if !isWhole, rest.count < wanted.count {
                return wanted.starts(with: rest)
                    ? () : world.fail("the server read \(excerpt(rest)) instead of \(excerpt(wanted[...]))")
            }
            guard rest.starts(with: wanted) else {
                return world.fail("the server read \(excerpt(rest)) instead of \(excerpt(wanted[...]))")
            }
            rest = rest.dropFirst(wanted.count)
        }
        if !rest.isEmpty { world.fail("the server also read \(excerpt(rest))") }
    }

    private func checkPort(_ port: Int, _ isWhole: Bool) {
        if isWhole, !World.ports.contains(UInt16(truncatingIfNeeded: port)) {
            world.fail("port \(port) is not of the block")
        }
    }

    private func excerpt(_ bytes: ArraySlice<UInt8>) -> String {
        String(reflecting: String(decoding: bytes.prefix(80), as: UTF8.self))
    }

    private func excerpt(_ bytes: [UInt8], _ place: Int) -> String { excerpt(bytes[min(place, bytes.count)...]) }

    /// The urgent data that the server was told of ends where that of the client did: behind a DM.
    private func compareUrgent() {
        let bytes = world.server.received.inOrder
        for end in world.server.urgentEnds where !bytes.prefix(end - 1).suffix(4).elementsEqual(ScriptMaker.synch) {
            world.fail("urgent data ends at \(end - 1), behind \(excerpt(bytes.prefix(end - 1).suffix(4)))")
        }
        let last = bytes.indices.last { bytes[..<$0].suffix(4).elementsEqual(ScriptMaker.synch) }
        if let last, !world.server.urgentEnds.contains(last + 1) {
            world.fail("the server was not told that urgent data ends at \(last)")
        }
    }

    /// Every packet ends in one of these.
    private static let verdicts: [Counter] = [
        .acceptOpening, .acceptSegment, .acceptReset, .answerUnknown, .dropChecksum, .dropUnknown, .dropTableFull,
        .dropPortsExhausted, .dropBlocksExhausted, .dropSequence, .dropAcknowledgement, .dropOutOfOrder,
    ]

    /// Time has passed: everything is free again.
    private func checkNothingLeft() {
        if world.gateway.conversationCount != 0 { world.fail("the conversation is still there") }
        if world.gateway.freePorts != World.ports.count { world.fail("only \(world.gateway.freePorts) ports are free") }
        if world.gateway.dataCount != 0 { world.fail("\(world.gateway.dataCount) data connections are still there") }
        if world.gateway.freeBlocks != World.buffers {
            world.fail("only \(world.gateway.freeBlocks) of \(World.buffers) buffers are free")
        }
        let verdicts = Dialogue.verdicts.reduce(0) { $0 + world.gateway.counter($1) }
        if verdicts != world.framesDone { world.fail("\(verdicts) verdicts on \(world.framesDone) frames") }
    }
}
