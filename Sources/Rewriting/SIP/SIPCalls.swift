import FlowTables
import PlainMemory
import WireFormats

/// All calls of one worker.
///
/// Invariant: a call that is not free is found by `index` by Call-ID and inside host.
struct SIPCalls: ~Copyable {
    private var calls: SharedSlots<SIPCall>
    private var index: FlowIndex
    private var free: FreeList
    private var numbers: Numbers

    init(capacity: Int, descriptor: Int32, seed: UInt64, share: WorkerShare) throws(TableError) {
        let calls = try SharedSlots<SIPCall>(count: capacity, descriptor: descriptor)
        let index = try FlowIndex(capacity: capacity, seed: seed)
        let free = try FreeList(count: capacity)
        self.calls = calls
        self.index = index
        self.free = free
        numbers = Numbers(share)
    }

    /// How many there are, those that are over and still remembered included.
    var count: Int { @_noLocks get { index.count } }

    /// The most there can be.
    var capacity: Int { @_noLocks get { index.capacity } }

    /// A call, in place. Whoever reads the table meanwhile sees each change whole.
    subscript(slot: Int) -> SIPCall {
        @inline(__always) _read { yield calls[slot] }
        @inline(__always) _modify {
            calls.beginChange(of: slot)
            yield &calls[slot]
            calls.endChange(of: slot)
        }
    }

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
        calls.store(call, at: slot)
        return slot
    }

    /// Changes a call.
    @_noLocks
    mutating func store(_ call: SIPCall, at slot: Int) { calls.store(call, at: slot) }

    /// Forgets a call, which has no media any more.
    @_noLocks
    mutating func end(_ slot: Int) {
        let key = FlowIndex.Key(most: calls[slot].key, rest: calls[slot].inside.address.value)
        index.remove(key: key)
        calls.store(SIPCall(), at: slot)
        free.give(slot)
    }
}
