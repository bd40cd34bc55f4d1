import PlainMemory

/// Which of a fixed number of slots are free: a stack, so that a slot used lately is used again while still cached.
///
/// Invariant: `free[0 ..< available]` are distinct slot numbers, those not taken.
public struct FreeList: ~Copyable {
    private var free: Slots<UInt32>
    /// How many slots are free.
    public private(set) var available: Int

    /// All of `count` slots free.
    public init(count: Int) throws(TableError) {
        let free = try Slots<UInt32>(count: count)
        self.free = free
        available = 0
        for slot in (0..<count).reversed() { give(slot) }
    }

    /// Takes a slot, or nil when all are taken.
    @_noLocks
    public mutating func take() -> Int? {
        guard available > 0 else { return nil }
        available &-= 1
        return Int(free[available])
    }

    /// Takes one of the free slots at random, by a number that the caller drew.
    @_noLocks
    public mutating func take(drawn number: UInt64) -> Int? {
        guard available > 0 else { return nil }
        let position = Int(truncatingIfNeeded: number % UInt64(truncatingIfNeeded: available))
        let slot = Int(free[position])
        available &-= 1
        free[position] = free[available]
        return slot
    }

    /// Gives a slot back. It must be taken, which is the caller's promise.
    @_noLocks
    public mutating func give(_ slot: Int) {
        free[available] = UInt32(truncatingIfNeeded: slot)
        available &+= 1
    }
}
