import FlowTables
import PlainMemory
import SIPCodec
import WireFormats

/// All bindings of one worker, and the public ports that they have.
///
/// Invariants: a slot of UDP that is not free is found by `index` by its inside endpoint, and by the port block by its public
/// one; so is one where an inside end listens for TCP, by `contacts`. That of a connection that an inside end has opened is
/// found there as long as it lasts, by its public endpoint, and by what its end has named its contact last; where that
/// listens by itself, or there is a later connection with the same contact, not by that.
struct SIPBindings: ~Copyable {
    private var bindings: SharedSlots<SIPBinding>
    private var index: FlowIndex
    private var contacts: FlowIndex
    private var free: FreeList
    private var ports: PortBlock
    private var numbers: Numbers

    init(
        capacity: Int, descriptor: Int32, ports: consuming PortBlock, seed: UInt64, share: WorkerShare
    ) throws(TableError) {
        let bindings = try SharedSlots<SIPBinding>(count: capacity, descriptor: descriptor)
        let index = try FlowIndex(capacity: capacity, seed: seed)
        let contacts = try FlowIndex(capacity: 2 * capacity, seed: seed)
        let free = try FreeList(count: capacity)
        self.bindings = bindings
        self.index = index
        self.contacts = contacts
        self.free = free
        self.ports = ports
        numbers = Numbers(share)
    }

    /// How many there are.
    var count: Int { @_noLocks get { capacity &- free.available } }

    /// The most there can be.
    var capacity: Int { @_noLocks get { index.capacity } }

    /// A binding.
    subscript(slot: Int) -> SIPBinding { @_noLocks get { bindings[slot] } }

    /// By what an inside endpoint is found.
    @inline(__always) @_noLocks
    private static func key(_ inside: Endpoint) -> FlowIndex.Key {
        FlowIndex.Key(most: UInt64(inside.address.value) << 16 | UInt64(inside.port), rest: 0)
    }

    /// By what the public endpoint of a connection is found.
    @inline(__always) @_noLocks
    private static func key(connection translated: Endpoint) -> FlowIndex.Key {
        FlowIndex.Key(most: UInt64(translated.address.value) << 16 | UInt64(translated.port), rest: 1)
    }

    /// The binding of an inside endpoint, over UDP.
    @inline(__always) @_noLocks
    func find(_ inside: Endpoint) -> Int? { index.find(key: SIPBindings.key(inside)) }

    /// The binding by which an inside endpoint is reached over TCP.
    @inline(__always) @_noLocks
    func find(contact: Endpoint) -> Int? { contacts.find(key: SIPBindings.key(contact)) }

    /// The binding that a public endpoint belongs to, over UDP.
    @_noLocks
    func find(translated: Endpoint) -> Int? {
        guard case .conversation(let slot)? = ports.owner(of: translated), case .udp = bindings[slot].transport else {
            return nil
        }
        return slot
    }

    /// The same over TCP.
    @_noLocks
    func find(translatedContact translated: Endpoint) -> Int? {
        guard case .conversation(let slot)? = ports.owner(of: translated) else {
            return contacts.find(key: SIPBindings.key(connection: translated))
        }
        if case .tcp = bindings[slot].transport { return slot }
        return nil
    }

    /// Whether a public port stands for an inside endpoint, on any of the addresses.
    @_noLocks
    func isUsed(_ port: UInt16, over transport: SIPTransport) -> Bool {
        for address in 0..<ports.addressCount {
            guard case .conversation(let slot)? = ports.owner(of: ports.endpoint(address, port)) else { continue }
            switch (transport, bindings[slot].transport) {
            case (.udp, .udp), (.tcp, .tcp): return true
            case (.udp, .tcp), (.tcp, .udp): continue
            }
        }
        return false
    }

    /// The public address of an inside host.
    @_noLocks
    func address(for inside: IPv4Address) -> IPv4Address { ports.address(for: inside) }

    /// Gives an inside endpoint that has none a public one; nil when slots or ports have run out.
    @_noLocks
    mutating func open(
        _ inside: Endpoint, over transport: SIPTransport, _ lottery: inout Lottery, now: UInt64
    ) -> Int? {
        guard let draw = ports.draw(ports.address(for: inside.address), by: lottery.draw()), let slot = free.take()
        else {
            return nil
        }
        switch transport {
        case .udp: _ = index.insert(key: SIPBindings.key(inside), slot: slot)
        case .tcp: _ = contacts.insert(key: SIPBindings.key(inside), slot: slot)
        }
        var binding = SIPBinding()
        binding.transport = transport
        binding.number = numbers.next()
        binding.inside = inside
        binding.translated = ports.take(draw, for: .conversation(slot))
        binding.insideText = KnownEndpoint(inside)
        binding.translatedText = KnownEndpoint(binding.translated)
        binding.named = [4 of Endpoint](repeating: inside)
        binding.sent = now
        bindings.store(binding, at: slot)
        return slot
    }

    /// Gives a TCP connection that a side has opened one, with the public endpoint that it has already; nil when slots have
    /// run out.
    @_noLocks
    mutating func open(
        connection inside: Endpoint, translated: Endpoint, to peer: Endpoint, from opener: Side, now: UInt64
    ) -> Int? {
        guard let slot = free.take() else { return nil }
        var binding = SIPBinding()
        binding.number = numbers.next()
        binding.transport = .tcp
        binding.isConnection = true
        binding.inside = inside
        binding.translated = translated
        binding.insideText = KnownEndpoint(inside)
        binding.translatedText = KnownEndpoint(translated)
        binding.didSend(to: peer)
        binding.named = [4 of Endpoint](repeating: inside)
        binding.sent = now
        bindings.store(binding, at: slot)
        if case .inside = opener {
            _ = contacts.insert(key: SIPBindings.key(connection: translated), slot: slot)
            reach(inside, by: slot)
        }
        return slot
    }

    /// An inside end has named its contact on a connection of its own.
    @_noLocks
    private mutating func reach(_ contact: Endpoint, by slot: Int) {
        if let known = find(contact: contact) {
            guard bindings[known].isConnection else { return }
            contacts.remove(key: SIPBindings.key(contact))
        }
        _ = contacts.insert(key: SIPBindings.key(contact), slot: slot)
    }

    /// A connection is found by its contact no longer.
    @_noLocks
    private mutating func forgetContact(of slot: Int) {
        let contact = bindings[slot].named[SIPBinding.Place.contact.index]
        if find(contact: contact) == slot { contacts.remove(key: SIPBindings.key(contact)) }
    }

    /// Forgets a binding. That of a connection has been closed.
    @_noLocks
    mutating func end(_ slot: Int) {
        let binding = bindings[slot]
        if !binding.isConnection {
            switch binding.transport {
            case .udp: index.remove(key: SIPBindings.key(binding.inside))
            case .tcp: contacts.remove(key: SIPBindings.key(binding.inside))
            }
            ports.give(binding.translated)
        }
        bindings.store(SIPBinding(), at: slot)
        free.give(slot)
    }

    // MARK: Changes

    /// Its inside end goes by the names that it has given on another connection.
    @_noLocks
    mutating func name(_ slot: Int, like other: Int) {
        bindings.beginChange(of: slot)
        bindings[slot].named = bindings[other].named
        bindings[slot].portless = bindings[other].portless
        bindings.endChange(of: slot)
    }

    /// The inside end has sent something to a peer.
    @_noLocks
    mutating func didSend(_ slot: Int, to peer: Endpoint, now: UInt64) {
        bindings.beginChange(of: slot)
        bindings[slot].sent = now
        bindings[slot].didSend(to: peer)
        bindings.endChange(of: slot)
    }

    /// The inside end has asked a registrar or notifier something, by hash.
    @_noLocks
    mutating func didAsk(_ slot: Int, _ key: UInt64) {
        bindings.beginChange(of: slot)
        bindings[slot].didAsk(key)
        bindings.endChange(of: slot)
    }

    /// Its connection has ended.
    @_noLocks
    mutating func didClose(_ slot: Int) {
        if find(translatedContact: bindings[slot].translated) == slot {
            contacts.remove(key: SIPBindings.key(connection: bindings[slot].translated))
            forgetContact(of: slot)
        }
        bindings.beginChange(of: slot)
        bindings[slot].isClosed = true
        bindings.endChange(of: slot)
    }

    /// The gateway has sent a keep-alive for it.
    @_noLocks
    mutating func didKeepAlive(_ slot: Int, now: UInt64) {
        bindings.beginChange(of: slot)
        bindings[slot].keptAlive = now
        bindings.endChange(of: slot)
    }

    /// One more, or one less, needs it.
    @_noLocks
    mutating func use(_ slot: Int, by difference: Int) {
        bindings.beginChange(of: slot)
        bindings[slot].users = UInt32(truncatingIfNeeded: Int(bindings[slot].users) &+ difference)
        bindings.endChange(of: slot)
    }

    /// A subscription needs it until a time.
    @_noLocks
    mutating func subscribe(_ slot: Int, until time: UInt64) {
        guard time > bindings[slot].subscribed else { return }
        bindings.beginChange(of: slot)
        bindings[slot].subscribed = time
        bindings.endChange(of: slot)
    }

    /// The first of its registrations, plus one.
    @_noLocks
    mutating func setRegistrations(_ slot: Int, _ first: UInt32) {
        bindings.beginChange(of: slot)
        bindings[slot].registrations = first
        bindings.endChange(of: slot)
    }

    /// Notes which endpoint the inside end has named as its own in a place, and whether it has left the port out.
    @_noLocks
    mutating func note(_ slot: Int, _ place: SIPBinding.Place, _ endpoint: Endpoint, isPortless: Bool) {
        let before = bindings[slot].portless
        let portless = isPortless ? before | place.bit : before & ~place.bit
        if portless == before, !bindings[slot].isConnection || bindings[slot].named[place.index] == endpoint { return }
        if case .contact = place, bindings[slot].isConnection,
            find(translatedContact: bindings[slot].translated) == slot
        {
            forgetContact(of: slot)
            reach(endpoint, by: slot)
        }
        bindings.beginChange(of: slot)
        bindings[slot].portless = portless
        bindings[slot].named[place.index] = endpoint
        bindings.endChange(of: slot)
    }
}
