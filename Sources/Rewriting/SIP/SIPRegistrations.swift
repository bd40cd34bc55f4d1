import FlowTables
import PlainMemory
import WireFormats

/// All registrations of one worker.
///
/// Invariant: each is on the list of the binding that has registered it, which begins with `SIPBinding.registrations`, and
/// is counted among the users of the one that it leads to.
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

    /// What a binding has registered: the registration of an address of record, by its hash, that leads to a contact.
    @_noLocks
    func find(_ key: UInt64, _ contact: Int, of binding: SIPBinding) -> Int? {
        var entry = binding.registrations
        while entry != 0 {
            let slot = Int(entry) &- 1
            if registrations[slot].key == key, registrations[slot].contact == contact { return slot }
            entry = registrations[slot].next
        }
        return nil
    }

    /// Sets the time of all registrations of an address of record by a binding to 0, before those that a registrar confirms
    /// get theirs again.
    @_noLocks
    mutating func mark(_ key: UInt64, of binding: SIPBinding) {
        var entry = binding.registrations
        while entry != 0 {
            let slot = Int(entry) &- 1
            if registrations[slot].key == key { refresh(slot, at: registrations[slot].registrar, until: 0) }
            entry = registrations[slot].next
        }
    }

    /// The same for all that lead to a binding.
    @_noLocks
    mutating func mark(leadingTo contact: Int, of binding: SIPBinding) {
        var entry = binding.registrations
        while entry != 0 {
            let slot = Int(entry) &- 1
            if registrations[slot].contact == contact { refresh(slot, at: registrations[slot].registrar, until: 0) }
            entry = registrations[slot].next
        }
    }

    /// Whether a binding is registered at a registrar.
    @_noLocks
    func isRegistrar(_ peer: Endpoint, of binding: SIPBinding) -> Bool {
        var entry = binding.registrations
        while entry != 0 {
            let slot = Int(entry) &- 1
            if registrations[slot].registrar == peer { return true }
            entry = registrations[slot].next
        }
        return false
    }

    /// Whether a binding is registered there, and nowhere else.
    @_noLocks
    func isOnlyRegistrar(_ peer: Endpoint, of binding: SIPBinding) -> Bool {
        var entry = binding.registrations
        while entry != 0 {
            let slot = Int(entry) &- 1
            if registrations[slot].registrar != peer { return false }
            entry = registrations[slot].next
        }
        return binding.registrations != 0
    }

    /// Keeps a registration by a binding; false when the table is full.
    @_noLocks
    mutating func add(_ registration: SIPRegistration, to binding: Int, _ bindings: inout SIPBindings) -> Bool {
        guard let slot = free.take() else { return false }
        var registration = registration
        registration.binding = UInt32(truncatingIfNeeded: binding &+ 1)
        registration.next = bindings[binding].registrations
        registrations.store(registration, at: slot)
        bindings.setRegistrations(binding, UInt32(truncatingIfNeeded: slot &+ 1))
        bindings.use(Int(registration.contact), by: 1)
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
        bindings.use(Int(registrations[slot].contact), by: -1)
        registrations.store(SIPRegistration(), at: slot)
        free.give(slot)
    }

    /// The registration by a binding that ends first; nil when it has none.
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
