import FlowTables
import PlainMemory
import WireFormats

/// All calls of one worker.
///
/// Invariant: a call that is not free is found by `index` by Call-ID and inside host.
struct SIPCalls: ~Copyable {
    /// The calls, in place: a change is seen whole by whoever reads the table meanwhile.
    var slots: SharedSlots<SIPCall>
    private var index: FlowIndex
    private var free: FreeList
    private var numbers: Numbers

    init(capacity: Int, descriptor: Int32, seed: UInt64, share: WorkerShare) throws(TableError) {
        let slots = try SharedSlots<SIPCall>(count: capacity, descriptor: descriptor)
        let index = try FlowIndex(capacity: capacity, seed: seed)
        let free = try FreeList(count: capacity)
        self.slots = slots
        self.index = index
        self.free = free
        numbers = Numbers(share)
    }

    /// How many there are, those that are over and still remembered included.
    var count: Int { @_noLocks get { index.count } }

    /// The most there can be.
    var capacity: Int { @_noLocks get { index.capacity } }

    /// A call.
    subscript(slot: Int) -> SIPCall { @_noLocks get { slots[slot] } }

    /// The call of a Call-ID, by its hash, and an inside host.
    @inline(__always) @_noLocks
    func find(_ key: UInt64, of host: IPv4Address) -> Int? {
        index.find(key: FlowIndex.Key(most: key, rest: host.value))
    }

    /// Begins a call that is not known yet; nil when the table is full.
    @_noLocks
    mutating func open(_ call: SIPCall) -> Int? {
        guard let slot = free.take() else { return nil }
        let key = FlowIndex.Key(most: call.key, rest: call.inside.address.value)
        _ = index.insert(key: key, slot: slot)
        var call = call
        call.number = numbers.next()
        slots.store(call, at: slot)
        return slot
    }

    /// Changes where the media of a call begin.
    @_noLocks
    mutating func store(_ media: CallMediaLists, at slot: Int) {
        slots.beginChange(of: slot)
        slots[slot].media = media
        slots.endChange(of: slot)
    }

    /// The last INVITE of a side carries an offer.
    @_noLocks
    mutating func setHasOffer(_ slot: Int, _ side: Side) {
        slots.beginChange(of: slot)
        slots[slot].invites[Int(side.rawValue)].hasOffer = true
        slots.endChange(of: slot)
    }

    /// Forgets a call, which has no media any more.
    @_noLocks
    mutating func end(_ slot: Int) {
        let key = FlowIndex.Key(most: slots[slot].key, rest: slots[slot].inside.address.value)
        index.remove(key: key)
        slots.store(SIPCall(), at: slot)
        free.give(slot)
    }
}
