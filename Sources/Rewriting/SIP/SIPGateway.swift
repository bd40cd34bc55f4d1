import FlowTables
import PlainMemory
import SIPCodec
import TextFormats
import WireFormats

/// The gateway for SIP, transparent: datagrams and a time in; datagrams, requests and counters out. Like `Gateway`, it
/// knows nothing of cards, maps, files or clocks. Over TCP `Gateway` brings it the messages.
///
/// An inside endpoint keeps one public endpoint toward every peer. In what it sends, its own addresses become public ones,
/// and in what it gets they become its own again, so that neither side sees a translator; media get public ports from the
/// session descriptions. What names no such address passes byte for byte.
///
/// After each call the caller works off the requests, and then the outbox, and clears both. Invariants: one thread; every
/// binding but a connection's and every call that is not free has a deadline on the wheel.
public struct SIPGateway: ~Copyable {
    /// The size of the tables.
    public struct Capacity: Sendable {
        /// Inside endpoints, and connections of theirs.
        public var bindings: Int
        /// Registrations.
        public var registrations: Int
        /// Calls.
        public var calls: Int
        /// Pairs of media flows.
        public var media: Int

        /// Room for so many of each.
        public init(bindings: Int, registrations: Int, calls: Int, media: Int) {
            self.bindings = bindings
            self.registrations = registrations
            self.calls = calls
            self.media = media
        }
    }

    /// Files in which the tables and counters stand, for others to read; -1 for none.
    public struct Descriptors: Sendable {
        /// For bindings.
        public var bindings: Int32 = -1
        /// For registrations.
        public var registrations: Int32 = -1
        /// For calls.
        public var calls: Int32 = -1
        /// For pairs of media flows.
        public var legs: Int32 = -1
        /// For counters.
        public var counters: Int32 = -1

        /// No files.
        public init() {}
    }

    /// What is known of a datagram, or of a message on a connection, that is being worked on.
    struct Context {
        /// What carries it, where it came from, and which binding it belongs to.
        let transport: SIPTransport
        let side: Side
        let binding: Int
        let source: Endpoint
        let destination: Endpoint
        /// The inside end and its public endpoint.
        let inside: Endpoint
        let translated: Endpoint
        let timeToLive: UInt8
        /// The inside end as the messages of this side name it, and its peer.
        let known: KnownEndpoints

        @_noLocks
        init(_ datagram: UDPPacket, from side: Side, slot: Int, _ binding: SIPBinding) {
            transport = .udp
            self.side = side
            self.binding = slot
            source = datagram.source
            destination = datagram.destination
            inside = binding.inside
            // To whom another host has registered, requests come by an endpoint of that host's worker.
            translated = side == .outside ? datagram.destination : binding.translated
            timeToLive = datagram.timeToLive
            known = binding.known(from: side)
        }

        /// A message on a connection.
        @_noLocks
        init(from side: Side, slot: Int, _ connection: SIPBinding) {
            transport = .tcp
            self.side = side
            binding = slot
            source = side == .inside ? connection.inside : connection.peer
            destination = side == .inside ? connection.peer : connection.translated
            inside = connection.inside
            translated = connection.translated
            timeToLive = 0
            known = connection.known(from: side)
        }
    }

    /// What becomes of a message.
    enum Translation {
        /// It goes on, with the changes in `splices`.
        case done
        /// It is not to go on, and its sender is told so.
        case refused(SIPRefusal)
        /// There is more to change than there is room for.
        case tooLarge
    }

    /// Whether TCP connections come to what inside ends name their contacts: where `Gateway` serves SIP, too.
    var acceptsConnections = false
    /// What the operator has decided.
    public private(set) var settings: SIPSettings
    var bindings: SIPBindings
    var registrations: SIPRegistrations
    var calls: SIPCalls
    var media: MediaTable
    let counters: SIPCounters
    let published: PublicEndpoints
    let hash: KeyedHash
    var lottery: Lottery
    var now: UInt64
    var wheel: TimerWheel
    // What is used for one message, and again for the next.
    var rows = HeaderRows()
    var splices: Splices
    var description: SessionDescription
    /// The binding that the Contact of the message from inside names.
    var named: Int?
    /// Whether the message registers somebody.
    var isRegistration = false
    /// The hash of the outside's tag in the message, or 0 where it has none; nil until it has been looked for.
    var outsideTag: UInt64?
    private let table: PublicEndpoints.Table
    var message: MessageBuffer
    private var outbox: Slots<OutgoingDatagram>
    private let inPlace = InPlace()
    /// How many datagrams there are to send.
    public private(set) var outboxCount = 0

    /// A gateway with empty tables, of one worker: `ports` are those of all workers, of which it uses the slice of its
    /// `share`: a part for signalling, over UDP and TCP, and the rest in pairs for media. UDP's ports are not TCP's, so that
    /// `Gateway` may have the same ones as media over UDP. The `table` is that of all workers; `seed` and `now` are as for
    /// `Gateway`.
    public init(
        _ capacity: Capacity, addresses: [IPv4Address], ports: ClosedRange<UInt16>, settings: SIPSettings,
        table: PublicEndpoints.Table, seed: UInt64, now: UInt64, descriptors: Descriptors = Descriptors(),
        share: WorkerShare = WorkerShare()
    ) throws(TableError) {
        var lottery = Lottery(seed: seed)
        let slice = PortCut(ports, workers: share.count).slice(share.index)
        let range = SIPGateway.signalling(of: slice)
        let signalling = try PortBlock(addresses, range)
        let pairs = try PortBlock(addresses, range.upperBound + 1...slice.upperBound, inPairs: true)
        let bindings = try SIPBindings(
            capacity: capacity.bindings, descriptor: descriptors.bindings, ports: signalling, seed: lottery.draw(),
            share: share)
        let registrations = try SIPRegistrations(
            capacity: capacity.registrations, descriptor: descriptors.registrations)
        let calls = try SIPCalls(
            capacity: capacity.calls, descriptor: descriptors.calls, seed: lottery.draw(), share: share)
        let media = try MediaTable(
            capacity: capacity.media, descriptor: descriptors.legs, ports: pairs,
            portsForTCP: SIPGateway.connections(of: slice), published: table.endpoints, share: share)
        let counters = try SIPCounters(descriptor: descriptors.counters)
        let wheel = try TimerWheel(count: capacity.bindings + capacity.calls, tick: 10_000_000, now: now)
        let splices = try Splices()
        let description = try SessionDescription()
        let message = try MessageBuffer()
        let outbox = try Slots<OutgoingDatagram>(count: 64)
        hash = KeyedHash(seed: lottery.draw())
        self.settings = settings
        self.bindings = bindings
        self.registrations = registrations
        self.calls = calls
        self.media = media
        self.counters = counters
        published = table.endpoints
        self.table = table
        self.lottery = lottery
        self.now = now
        self.wheel = wheel
        self.splices = splices
        self.description = description
        self.message = message
        self.outbox = outbox
    }

    /// The ports of a slice for signalling, over UDP and for contacts that are reached over TCP: an eighth, and so that the
    /// rest begins with an even port.
    static func signalling(of slice: ClosedRange<UInt16>) -> ClosedRange<UInt16> {
        slice.lowerBound...(slice.lowerBound + UInt16(max(1, slice.count / 8))) | 1
    }

    /// Those that media over TCP have, and media over UDP may: an eighth, from an even one on, which is nobody else's over
    /// TCP; nil where there are too few.
    static func connections(of slice: ClosedRange<UInt16>) -> ClosedRange<UInt16>? {
        let first = (Int(slice.upperBound) + 2 - slice.count / 8) & ~1
        return first < slice.upperBound ? UInt16(first)...slice.upperBound : nil
    }

    /// A gateway for where SIP is off: with room for next to nothing.
    public static func off() throws(TableError) -> SIPGateway {
        let table = PublicEndpoints.Table([IPv4Address(0)], 1024...1039)
        return try SIPGateway(
            Capacity(bindings: 1, registrations: 1, calls: 1, media: 1), addresses: [IPv4Address(0)],
            ports: 1024...1039, settings: SIPSettings(), table: table, seed: 1, now: 0)
    }

    // MARK: For the caller

    /// How many bindings, calls and pairs of media flows there are.
    public var counts: (bindings: Int, calls: Int, media: Int) {
        @_noLocks get { (bindings.count, calls.count, media.legCount) }
    }

    /// The most pairs of media flows there can be.
    public var mediaCapacity: Int { @_noLocks get { media.legCapacity } }

    /// How many pairs of public ports for media are free.
    public var freeMediaPorts: Int { @_noLocks get { media.freePorts } }

    /// What was counted.
    @_noLocks
    public func counter(_ counter: SIPCounter) -> UInt64 { counters.value(counter) }

    /// Counts something that the caller saw.
    @_noLocks
    public func count(_ counter: SIPCounter) { counters.count(counter) }

    /// Other settings from now on.
    @_noLocks
    public mutating func set(_ settings: SIPSettings) { self.settings = settings }

    /// How many requests wait.
    public var requestCount: Int { @_noLocks get { media.requestCount } }

    /// A request that waits.
    @_noLocks
    public func request(_ index: Int) -> SIPRequest { media.request(index) }

    /// A datagram to be sent.
    @_noLocks
    public func outgoing(_ index: Int) -> OutgoingDatagram { outbox[index] }

    /// Empties the outbox and the list of requests.
    @_noLocks
    public mutating func clear() {
        outboxCount = 0
        message.removeAll()
        media.clearRequests()
    }

    /// The data of a datagram of the outbox, as long as it is there.
    ///
    /// Exempt from `@_noLocks`, and so must be whoever holds the span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis") @_lifetime(borrow self)
    public func data(of datagram: OutgoingDatagram) -> RawSpan {
        message.bytes(datagram.start, datagram.count)
    }

    // MARK: Datagrams

    /// The inside host, or the public port, that decides whose a datagram is.
    public enum Owner {
        /// The worker of an inside host.
        case host(IPv4Address)
        /// The worker of a public port.
        case port(UInt16)
    }

    /// Works on a datagram that arrived on a side, from or to a SIP endpoint. Its time to live is more than 1.
    @_noLocks
    public mutating func receive(_ frame: RawSpan, _ datagram: UDPPacket, from side: Side, now: UInt64) {
        self.now = now
        guard datagram.isIntact(frame) else { return count(.dropSIPChecksum) }
        if side == .inside {
            guard let slot = bindings.find(datagram.source) ?? open(datagram.source) else {
                return refuse(frame, datagram)
            }
            bindings.didSend(slot, to: datagram.destination, now: now)
            work(frame, datagram, Context(datagram, from: side, slot: slot, bindings[slot]))
        } else {
            guard let slot = bindings.find(translated: datagram.destination) ?? registered(at: datagram.destination)
            else { return count(.dropSIPUnknown) }
            work(frame, datagram, Context(datagram, from: side, slot: slot, bindings[slot]))
        }
    }

    /// The binding of a phone that a host of another worker has registered by a public endpoint; nil if there is none.
    @_noLocks
    private mutating func registered(at translated: Endpoint) -> Int? {
        guard let phone = published.phone(at: translated) else { return nil }
        return bindings.find(phone) ?? open(phone)
    }

    /// Gives an inside endpoint a binding.
    @_noLocks
    mutating func open(_ inside: Endpoint, over transport: SIPTransport = .udp) -> Int? {
        guard let slot = bindings.open(inside, over: transport, &lottery, now: now) else { return nil }
        count(.bindingsOpened)
        ask(transport == .udp ? .bind : .listen, for: bindings[slot].translated.port)
        schedule(binding: slot)
        return slot
    }

    @_noLocks
    private mutating func work(_ frame: RawSpan, _ datagram: UDPPacket, _ context: Context) {
        splices.removeAll()
        do throws(MessageDefect) {
            let message = try SIPMessage.parse(frame, datagram.payload, isStream: false, rows: &rows)
            switch translate(frame, message, context) {
            case .done: send(frame, datagram.payload, context)
            case .refused(let reason): refuse(frame, message, datagram, reason)
            case .tooLarge: break
            }
        } catch {
            if case .notSIP = error { return passForeign(frame, datagram, context) }
            count(.sipMalformed)
            send(frame, datagram.payload, context)
        }
    }

    /// Follows what a message means, and notes what is to be changed in it.
    @_noLocks
    mutating func translate(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context) -> Translation {
        splices.removeAll(expecting: bindings[context.binding].substitute(from: context.side))
        if case .refuse = settings.signedBodies, refusesBody(bytes, message) { return .refused(.signedBody) }
        named = nil
        outsideTag = nil
        isRegistration = false
        if case .register? = message.startLine.method { isRegistration = true }
        let call = follow(bytes, message, context)
        if case .refused = call {
            count(.sipRefused)
            return .refused(.noRoom)
        }
        translateHeaders(bytes, message, context)
        if case .call(let slot, let isCurrent) = call {
            if isCurrent, let named { keep(named, for: slot) }
            let isComplete = translateBody(bytes, message, context, call: slot, isCurrent: isCurrent)
            guard isComplete || !message.canBeRefused else {
                withdraw(message, from: slot, context)
                count(.sipRefused)
                return .refused(.noRoom)
            }
            if isCurrent { confirm(bytes, message, context, call: slot) }
        }
        // More than 65535 bytes of body nobody would take for its length (RFC 3261 section 20.14).
        guard !splices.isFull, message.body.count &+ splices.growth <= 65535 else {
            count(.dropSIPTooLarge)
            return .tooLarge
        }
        count(splices.count > 0 ? .sipEdited : .sipPassed)
        return .done
    }

    /// What is not SIP: from inside anything, as to any other port; from outside only what comes from where the inside end
    /// has sent to, or is registered.
    @_noLocks
    private mutating func passForeign(_ frame: RawSpan, _ datagram: UDPPacket, _ context: Context) {
        guard context.side == .inside || isPeer(datagram.source, of: context.binding) else {
            return count(.dropSIPUnknown)
        }
        count(.sipForeign)
        send(frame, datagram.payload, context)
    }

    /// Whether the inside end has lately sent to an outside one, or is registered there.
    @_noLocks
    func isPeer(_ source: Endpoint, of binding: Int) -> Bool {
        bindings[binding].hasSent(to: source) || registrations.isRegistrar(source, of: bindings[binding])
    }

    /// Sends a message on, with all changes.
    @_noLocks
    private mutating func send(_ frame: RawSpan, _ range: Range<Int>, _ context: Context) {
        guard range.count &+ splices.growth <= 65507 else { return count(.dropSIPTooLarge) }
        let start = message.end
        message.append(frame, range, changedBy: splices)
        let isOutward = context.side == .inside
        append(
            OutgoingDatagram(
                from: isOutward ? context.translated : context.source,
                to: isOutward ? context.destination : context.inside, start: start, count: message.end &- start,
                timeToLive: context.timeToLive &- 1))
    }

    /// How many datagrams there is room for.
    var outboxCapacity: Int { @_noLocks get { outbox.count } }

    @_noLocks
    mutating func append(_ datagram: OutgoingDatagram) {
        precondition(outboxCount < outbox.count, "a datagram causes one, and a timer as many as fit")
        outbox[outboxCount] = datagram
        outboxCount &+= 1
    }
}
