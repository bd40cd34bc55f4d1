import FlowTables
import PlainMemory
import WireFormats

/// All registrations of one worker.
///
/// Invariant: each is on the list of its binding, which begins with `SIPBinding.registrations`, and is counted among the
/// binding's users.
struct SIPRegistrations: ~Copyable {
    private var registrations: SharedSlots<SIPRegistration>
    private var free: FreeList

    init(capacity: Int, descriptor: Int32) throws(TableError) {
        let registrations = try SharedSlots<SIPRegistration>(count: capacity, descriptor: descriptor)
        let free = try FreeList(count: capacity)
        self.registrations = registrations
        self.free = free
    }

    /// A registration.
    subscript(slot: Int) -> SIPRegistration { @_noLocks get { registrations[slot] } }

    /// The registration of an address of record, by its hash, for a binding.
    @_noLocks
    func find(_ key: UInt64, of binding: SIPBinding) -> Int? {
        var entry = binding.registrations
        while entry != 0 {
            let slot = Int(entry) &- 1
            if registrations[slot].key == key { return slot }
            entry = registrations[slot].next
        }
        return nil
    }

    /// Keeps a registration; false when the table is full.
    @_noLocks
    mutating func add(_ registration: SIPRegistration, to binding: Int, _ bindings: inout SIPBindings) -> Bool {
        guard let slot = free.take() else { return false }
        var registration = registration
        registration.binding = UInt32(truncatingIfNeeded: binding &+ 1)
        registration.next = bindings[binding].registrations
        registrations.store(registration, at: slot)
        bindings.setRegistrations(binding, UInt32(truncatingIfNeeded: slot &+ 1))
        bindings.use(binding, by: 1)
        return true
    }

    /// A registrar has confirmed it anew.
    @_noLocks
    mutating func refresh(_ slot: Int, at registrar: Endpoint, until expires: UInt64) {
        registrations.beginChange(of: slot)
        registrations[slot].registrar = registrar
        registrations[slot].expires = expires
        registrations.endChange(of: slot)
    }

    /// Forgets a registration.
    @_noLocks
    mutating func end(_ slot: Int, _ bindings: inout SIPBindings) {
        let binding = Int(registrations[slot].binding) &- 1
        let mark = UInt32(truncatingIfNeeded: slot &+ 1)
        if bindings[binding].registrations == mark {
            bindings.setRegistrations(binding, registrations[slot].next)
        } else {
            var previous = Int(bindings[binding].registrations) &- 1
            while registrations[previous].next != mark { previous = Int(registrations[previous].next) &- 1 }
            let next = registrations[slot].next
            registrations.beginChange(of: previous)
            registrations[previous].next = next
            registrations.endChange(of: previous)
        }
        bindings.use(binding, by: -1)
        registrations.store(SIPRegistration(), at: slot)
        free.give(slot)
    }

    /// The registration of a binding that ends first; nil when it has none.
    @_noLocks
    func first(of binding: SIPBinding) -> Int? {
        var (entry, first): (UInt32, Int?) = (binding.registrations, nil)
        while entry != 0 {
            let slot = Int(entry) &- 1
            if first == nil || registrations[slot].expires < registrations[first!].expires { first = slot }
            entry = registrations[slot].next
        }
        return first
    }
}
