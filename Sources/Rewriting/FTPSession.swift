import FTPCodec
import FlowTables
import WireFormats

/// What a protocol decides about the bytes held in a stream.
enum Inspection {
    /// More bytes are needed, or the other side must speak first.
    case wait
    /// The first `count` bytes go on as they are.
    case pass(Int)
    /// The first `count` bytes are replaced by the first `length` of the workbench.
    case replace(Int, length: Int)
    /// The first `count` bytes go no further, and their sender reads `SIPGateway.ownMessage`.
    case answer(Int)
}

/// The two ends of a control conversation as a session needs them.
struct Ends: BitwiseCopyable {
    var inside: Endpoint
    var outside: Endpoint
    var slot: Int
    var conversation: UInt32

    @_noLocks
    init(inside: Endpoint, outside: Endpoint, slot: Int, conversation: UInt32) {
        self.inside = inside
        self.outside = outside
        self.slot = slot
        self.conversation = conversation
    }

    @_noLocks
    func address(_ side: Side) -> IPv4Address { side == .inside ? inside.address : outside.address }
}

/// The gateway's view of an FTP session (RFC 959, 2428, 4217): which commands wait for a reply, what was announced,
/// whether the lines can be read at all.
///
/// Invariants: every command line that reached the server is noted in `pending` until its final reply; a pinhole opens
/// only in `settle`, that is by a reply; at most one unused pinhole is open for each announcing side.
struct FTPSession: BitwiseCopyable {
    /// How the bytes of a direction are read.
    private enum Reading: UInt8, BitwiseCopyable {
        /// At the start of a line.
        case lines
        /// In the rest of a line about which everything is decided.
        case rest
        /// In the rest of a command that is kept from its target.
        case swallow
        /// In the rest of a reply that was replaced.
        case drop
        /// In TLS records.
        case records
        /// Not at all: neither lines nor records.
        case opaque
    }

    /// The longest line that is held for an edit.
    @inline(__always) private static var lineMax: Int { @_noLocks get { 1024 } }

    private let clientSide: Side
    private var pending = PendingCommands()
    private var replies = ReplyReader()
    private var readings = [2 of Reading](repeating: .lines)
    private var records = [2 of TLSRecords](repeating: TLSRecords())
    private var isOnlyExtendedPassive = false
    /// Whether TLS records follow the line that is read.
    private var isProtected = false
    /// The pinholes opened last for an announcement of either side.
    private var announced = [2 of Announcement](repeating: .none)

    /// A session whose client is on a side. The first thing to come is the server's greeting, a reply to nothing.
    @_noLocks
    init(clientSide: Side) {
        self.clientSide = clientSide
        pending.append(PendingCommands.Entry(.plain))
    }

    private var serverSide: Side { @_noLocks get { clientSide.other } }

    // MARK: Reading

    /// Decides about the bytes held in the stream from a side. `isEnd` says that no more will come from it, `isAnswered`
    /// that more may come from the other side.
    @_noLocks
    mutating func inspect(
        _ bytes: RawSpan, from side: Side, isEnd: Bool, isAnswered: Bool, _ ends: Ends,
        _ surroundings: inout Surroundings
    ) -> Inspection {
        let index = Int(side.rawValue)
        switch readings[index] {
        case .opaque: return .pass(bytes.byteCount)
        case .records: return followRecords(bytes, index, &surroundings)
        case .rest:
            guard let end = LineEnd.find(in: bytes, from: 0) else { return .pass(bytes.byteCount) }
            readings[index] = isProtected ? .records : .lines
            return .pass(end)
        case .drop:
            guard let end = LineEnd.find(in: bytes, from: 0) else { return .replace(bytes.byteCount, length: 0) }
            readings[index] = .lines
            return .replace(end, length: 0)
        case .swallow, .lines:
            if side == clientSide, pending.isFull {
                guard isAnswered else {
                    // What waits for replies waits in vain; nothing can be announced any more.
                    readings[index] = .opaque
                    return .pass(bytes.byteCount)
                }
                surroundings.counters.count(.pipelineFull)
                return .wait
            }
            if case .swallow = readings[index] { return swallow(bytes, index, &surroundings) }
            if side == clientSide { return inspectCommand(bytes, isEnd, ends, &surroundings) }
            return inspectReply(bytes, isEnd, ends, &surroundings)
        }
    }

    @_noLocks
    private mutating func followRecords(
        _ bytes: RawSpan, _ index: Int, _ surroundings: inout Surroundings
    ) -> Inspection {
        switch records[index].follow(bytes, from: 0) {
        case .inside: return .pass(bytes.byteCount)
        case .lost:
            readings[index] = .opaque
            return .pass(bytes.byteCount)
        case .plaintext(let end):
            readings[index] = .lines
            isProtected = false
            surroundings.counters.count(.tlsEnded)
            return .pass(end)
        }
    }

    // MARK: Commands

    @_noLocks
    private mutating func inspectCommand(
        _ bytes: RawSpan, _ isEnd: Bool, _ ends: Ends, _ surroundings: inout Surroundings
    ) -> Inspection {
        guard let end = LineEnd.find(in: bytes, from: 0) else { return foreseeCommand(bytes, isEnd) }
        let command = Command(line: bytes, 0..<end)
        if command.verb.isActedOn, end > FTPSession.lineMax { return refuse(end, .length, &surroundings) }
        switch command.verb {
        case .none: return .pass(end)
        case .port, .eprt: return inspectPort(bytes, end, command, ends, &surroundings)
        case .lprt: return refuse(end, .longPort, &surroundings)
        case .pasv, .lpsv:
            if isOnlyExtendedPassive { return refuse(end, .afterAll, &surroundings) }
            pending.append(PendingCommands.Entry(command.verb == .pasv ? .passive : .plain))
        case .epsv:
            // Not `==`, which is generic here.
            if case .all = ExtendedPassiveArgument(bytes, command.argument) {
                pending.append(PendingCommands.Entry(.extendedPassiveAll))
            } else {
                pending.append(PendingCommands.Entry(.extendedPassive))
            }
        case .auth: pending.append(PendingCommands.Entry(.protection))
        case .other: pending.append(PendingCommands.Entry(.plain))
        }
        return .pass(end)
    }

    /// Decides about a line that has only begun: one that can no longer become anything to act on goes on as it comes.
    @_noLocks
    private mutating func foreseeCommand(_ bytes: RawSpan, _ isEnd: Bool) -> Inspection {
        if isEnd { return .pass(bytes.byteCount) }
        switch Command.foresee(prefix: bytes) {
        case .plain:
            pending.append(PendingCommands.Entry(.plain))
            readings[Int(clientSide.rawValue)] = .rest
            return .pass(bytes.byteCount)
        case .undecided, .acts:
            guard bytes.byteCount > FTPSession.lineMax else { return .wait }
            readings[Int(clientSide.rawValue)] = .swallow
            return .replace(bytes.byteCount, length: 0)
        }
    }

    /// Drops the rest of a line that was too long, and puts a NOOP for the whole of it once its end has come.
    @_noLocks
    private mutating func swallow(
        _ bytes: RawSpan, _ index: Int, _ surroundings: inout Surroundings
    ) -> Inspection {
        guard let end = LineEnd.find(in: bytes, from: 0) else { return .replace(bytes.byteCount, length: 0) }
        readings[index] = .lines
        return refuse(end, .length, &surroundings)
    }

    /// PORT and EPRT: only to the client itself, only to a port that no system service has, only where it may be used
    /// (RFC 2577 sections 3 and 8, RFC 2428 section 4).
    @_noLocks
    private mutating func inspectPort(
        _ bytes: RawSpan, _ end: Int, _ command: Command, _ ends: Ends, _ surroundings: inout Surroundings
    ) -> Inspection {
        if isOnlyExtendedPassive { return refuse(end, .afterAll, &surroundings) }
        let announced: HostPort
        var delimiter: UInt8? = nil
        do throws(EndpointDefect) {
            if command.verb == .port {
                announced = try PortArgument.parse(bytes, command.argument)
            } else {
                switch try ExtendedPortArgument.parse(bytes, command.argument) {
                case .foreignFamily: return refuse(end, .family, &surroundings)
                case .ipv4(let endpoint, let mark):
                    announced = endpoint
                    delimiter = mark
                }
            }
        } catch {
            return refuse(end, .syntax, &surroundings)
        }
        let endpoint = Endpoint(IPv4Address(announced.address), announced.port)
        guard endpoint.address == ends.address(clientSide) else { return refuse(end, .address, &surroundings) }
        guard endpoint.port >= 1024 else { return refuse(end, .port, &surroundings) }
        let announcement = surroundings.announce(endpoint, by: clientSide, ends)
        guard announcement.exists else { return refuse(end, .resources, &surroundings) }
        var entry = PendingCommands.Entry(.port)
        entry.announcement = announcement
        pending.append(entry)
        guard clientSide == .inside else { return .pass(end) }
        surroundings.counters.count(.editedCommands)
        let translated = surroundings.data[announcement.slot].translated
        let length = surroundings.writeLine(bytes, 0..<end, command.argument, translated, delimiter)
        return .replace(end, length: length)
    }

    /// Keeps a command from the server: a NOOP takes its place, so that the numbers of commands and replies agree.
    @_noLocks
    private mutating func refuse(_ end: Int, _ refusal: Refusal, _ surroundings: inout Surroundings) -> Inspection {
        var entry = PendingCommands.Entry(.refused)
        entry.refusal = refusal
        pending.append(entry)
        surroundings.counters.count(refusal.counter)
        return .replace(end, length: surroundings.write("NOOP\r\n"))
    }

    // MARK: Replies

    @_noLocks
    private mutating func inspectReply(
        _ bytes: RawSpan, _ isEnd: Bool, _ ends: Ends, _ surroundings: inout Surroundings
    ) -> Inspection {
        if let end = LineEnd.find(in: bytes, from: 0) {
            guard let line = ReplyLine(bytes, 0..<end) else { return .pass(end) }
            return read(line, bytes, end, ends, &surroundings)
        }
        guard !isEnd else { return .pass(bytes.byteCount) }
        guard let line = ReplyLine(bytes) else { return .wait }
        if mustBeWhole(line), bytes.byteCount <= FTPSession.lineMax { return .wait }
        let index = Int(serverSide.rawValue)
        let inspection = read(line, bytes, bytes.byteCount, ends, &surroundings)
        if case .replace = inspection { readings[index] = .drop } else { readings[index] = .rest }
        return inspection
    }

    /// Whether a line could be edited, or changes how the bytes after it are read.
    @_noLocks
    private mutating func mustBeWhole(_ line: ReplyLine) -> Bool {
        switch pending.oldest?.kind {
        case .refused, .protection: return true
        default: return replies.openCode == nil && (line.code == 227 || line.code == 229)
        }
    }

    @_noLocks
    private mutating func read(
        _ line: ReplyLine, _ bytes: RawSpan, _ end: Int, _ ends: Ends, _ surroundings: inout Surroundings
    ) -> Inspection {
        switch replies.read(line) {
        case .preliminary: return .pass(end)
        case .middle:
            // The lines before the last of the reply to a NOOP that stands for another command.
            if case .refused = pending.oldest?.kind { return .replace(end, length: 0) }
            return .pass(end)
        case .final(let code): return settle(code, bytes, end, ends, &surroundings)
        }
    }

    /// Gives the oldest command its reply. 421 is a reply to nothing: the server closes the connection.
    @_noLocks
    private mutating func settle(
        _ code: Int, _ bytes: RawSpan, _ end: Int, _ ends: Ends, _ surroundings: inout Surroundings
    ) -> Inspection {
        guard code != 421, let command = pending.oldest else {
            surroundings.counters.count(.unsolicitedReplies)
            if code == 227 || code == 229 { surroundings.counters.count(.unsolicitedPassive) }
            return .pass(end)
        }
        pending.removeOldest()
        let isPositive = code >= 200 && code < 300
        switch (command.kind, code) {
        case (.port, _):
            if isPositive {
                openPinhole(command.announcement, by: clientSide, &surroundings)
            } else {
                surroundings.data.close(command.announcement)
            }
        case (.passive, 227), (.extendedPassive, 229): return inspectPassive(code, bytes, end, ends, &surroundings)
        case (.extendedPassiveAll, _): isOnlyExtendedPassive = isOnlyExtendedPassive || isPositive
        case (.protection, 234):
            surroundings.counters.count(.tlsStarted)
            isProtected = true
            readings = [2 of Reading](repeating: .records)
            records = [2 of TLSRecords](repeating: TLSRecords())
        case (.refused, _):
            surroundings.counters.count(.editedReplies)
            return .replace(end, length: surroundings.write(command.refusal.reply))
        case (_, 227), (_, 229): surroundings.counters.count(.unsolicitedPassive)
        default: break
        }
        return .pass(end)
    }

    /// 227 and 229: only to the server itself. What names another host is passed on, but opens nothing.
    @_noLocks
    private mutating func inspectPassive(
        _ code: Int, _ bytes: RawSpan, _ end: Int, _ ends: Ends, _ surroundings: inout Surroundings
    ) -> Inspection {
        var endpoint = Endpoint(ends.address(serverSide), 0)
        let place: Range<Int>
        do throws(EndpointDefect) {
            if code == 227 {
                let match = try PassiveReply.parse(bytes, 0..<end)
                endpoint = Endpoint(IPv4Address(match.endpoint.address), match.endpoint.port)
                place = match.range
            } else {
                let match = try ExtendedPassiveReply.parse(bytes, 0..<end)
                endpoint.port = match.port
                place = match.range
            }
        } catch {
            surroundings.counters.count(.passiveMalformed)
            return .pass(end)
        }
        guard endpoint.address == ends.address(serverSide), endpoint.port >= 1024 else {
            surroundings.counters.count(.passiveElsewhere)
            return .pass(end)
        }
        let announcement = surroundings.announce(endpoint, by: serverSide, ends)
        guard announcement.exists else {
            surroundings.counters.count(.refusedResources)
            return .pass(end)
        }
        openPinhole(announcement, by: serverSide, &surroundings)
        guard serverSide == .inside else { return .pass(end) }
        surroundings.counters.count(.editedReplies)
        let translated = surroundings.data[announcement.slot].translated
        return .replace(
            end, length: surroundings.writeReply(bytes, 0..<end, place, translated, portOnly: code == 229))
    }

    /// Opens the pinhole of an announcement; the one before it, if it is still unused, will not be.
    @_noLocks
    private mutating func openPinhole(
        _ announcement: Announcement, by side: Side, _ surroundings: inout Surroundings
    ) {
        surroundings.data.close(announced[Int(side.rawValue)])
        announced[Int(side.rawValue)] = announcement
        surroundings.data.open(announcement.slot, expires: surroundings.now &+ surroundings.settings.pinhole)
        surroundings.counters.count(.pinholesOpened)
    }

    /// Gives up everything that was announced and not used.
    @_noLocks
    mutating func close(_ surroundings: inout Surroundings) {
        for index in 0..<pending.count { surroundings.data.close(pending[index].announcement) }
        for index in 0..<2 { surroundings.data.close(announced[index]) }
        announced = [2 of Announcement](repeating: .none)
        pending = PendingCommands()
    }
}
