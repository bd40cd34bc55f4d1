import FlowTables
import PlainMemory
import WireFormats

/// All bindings of one worker, and the public UDP ports that they have.
///
/// Invariant: a slot of UDP that is not free is found by `index` by its inside endpoint, and by the port block by its public
/// one. One of TCP is known to its conversation and its calls only.
struct SIPBindings: ~Copyable {
    private var bindings: SharedSlots<SIPBinding>
    private var index: FlowIndex
    private var free: FreeList
    private var ports: PortBlock
    private var numbers: Numbers

    init(
        capacity: Int, descriptor: Int32, ports: consuming PortBlock, seed: UInt64, share: WorkerShare
    ) throws(TableError) {
        let bindings = try SharedSlots<SIPBinding>(count: capacity, descriptor: descriptor)
        let index = try FlowIndex(capacity: capacity, seed: seed)
        let free = try FreeList(count: capacity)
        self.bindings = bindings
        self.index = index
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

    /// The binding of an inside endpoint.
    @_noLocks
    func find(_ inside: Endpoint) -> Int? { index.find(inside, Endpoint(IPv4Address(0), 0)) }

    /// The binding that a public endpoint belongs to.
    @_noLocks
    func find(translated: Endpoint) -> Int? {
        guard case .conversation(let slot)? = ports.owner(of: translated) else { return nil }
        return slot
    }

    /// The public address of an inside host.
    @_noLocks
    func address(for inside: IPv4Address) -> IPv4Address { ports.address(for: inside) }

    /// Gives an inside endpoint that has none a public one; nil when slots or ports have run out.
    @_noLocks
    mutating func open(_ inside: Endpoint, _ lottery: inout Lottery, now: UInt64) -> Int? {
        guard let draw = ports.draw(ports.address(for: inside.address), by: lottery.draw()), let slot = free.take()
        else {
            return nil
        }
        _ = index.insert(inside, Endpoint(IPv4Address(0), 0), slot: slot)
        var binding = SIPBinding()
        binding.number = numbers.next()
        binding.inside = inside
        binding.translated = ports.take(draw, for: .conversation(slot))
        binding.named = [4 of Endpoint](repeating: inside)
        binding.sent = now
        bindings.store(binding, at: slot)
        return slot
    }

    /// Gives a TCP connection one, with the public endpoint that it has already; nil when slots have run out.
    @_noLocks
    mutating func open(connection inside: Endpoint, translated: Endpoint, to peer: Endpoint, now: UInt64) -> Int? {
        guard let slot = free.take() else { return nil }
        var binding = SIPBinding()
        binding.number = numbers.next()
        binding.transport = .tcp
        binding.inside = inside
        binding.translated = translated
        binding.peers[0] = peer
        binding.named = [4 of Endpoint](repeating: inside)
        binding.sent = now
        bindings.store(binding, at: slot)
        return slot
    }

    /// Forgets a binding.
    @_noLocks
    mutating func end(_ slot: Int) {
        let binding = bindings[slot]
        if case .udp = binding.transport {
            index.remove(binding.inside, Endpoint(IPv4Address(0), 0))
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

    /// Its connection has ended.
    @_noLocks
    mutating func didClose(_ slot: Int) {
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
        let before = bindings[slot]
        let portless = isPortless ? before.portless | place.bit : before.portless & ~place.bit
        if portless == before.portless, endpoint == before.named[place.index] { return }
        bindings.beginChange(of: slot)
        bindings[slot].portless = portless
        bindings[slot].named[place.index] = endpoint
        bindings.endChange(of: slot)
    }
}
