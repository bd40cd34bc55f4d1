import PlainMemory
import WireFormats

/// Finds the slot of a conversation by its two ends: open addressing with linear probing at a load of at most one
/// half, so that a look-up touches one cache line as a rule.
///
/// Invariants: single writer; an entry's `slot` is 0 when it is empty, else the slot number plus one; between an
/// entry and its home there is no empty entry (deletion shifts back, so there are no tombstones). The hash is keyed
/// by a random number, so that nobody outside can aim at one bucket.
public struct FlowIndex: ~Copyable {
    struct Entry: BitwiseCopyable {
        var ends: UInt128
        var slot: UInt32
    }

    private var entries: Slots<Entry>
    private let mask: Int
    private let seed: UInt64
    /// The most conversations it holds.
    public let capacity: Int
    /// How many it holds.
    public private(set) var count = 0

    /// Room for `capacity` conversations. `seed` should be random, and is fixed in tests.
    public init(capacity: Int, seed: UInt64) throws(TableError) {
        var size = 2
        while size < 2 * capacity { size *= 2 }
        let entries = try Slots<Entry>(count: size)
        self.entries = entries
        mask = size - 1
        self.capacity = capacity
        self.seed = seed | 1
    }

    /// The slot kept for a pair of ends, or nil.
    @_noLocks
    public func find(_ client: Endpoint, _ server: Endpoint) -> Int? {
        let position = self.position(of: FlowIndex.ends(client, server))
        let slot = entries[position].slot
        return slot == 0 ? nil : Int(slot) &- 1
    }

    /// Keeps a slot for a pair of ends that is not there yet; false when full.
    @_noLocks
    public mutating func insert(_ client: Endpoint, _ server: Endpoint, slot: Int) -> Bool {
        guard count < capacity else { return false }
        let ends = FlowIndex.ends(client, server)
        entries[position(of: ends)] = Entry(ends: ends, slot: UInt32(truncatingIfNeeded: slot &+ 1))
        count &+= 1
        return true
    }

    /// Forgets a pair of ends, if it is there.
    @_noLocks
    public mutating func remove(_ client: Endpoint, _ server: Endpoint) {
        var hole = position(of: FlowIndex.ends(client, server))
        guard entries[hole].slot != 0 else { return }
        count &-= 1
        var next = (hole &+ 1) & mask
        while entries[next].slot != 0 {
            let home = self.home(of: entries[next].ends)
            // The entry may move into the hole unless its home lies after the hole.
            if (next &- home) & mask >= (next &- hole) & mask {
                entries[hole] = entries[next]
                hole = next
            }
            next = (next &+ 1) & mask
        }
        entries[hole].slot = 0
    }

    /// Where the ends stand, or the empty entry where they would.
    @inline(__always) @_noLocks
    private func position(of ends: UInt128) -> Int {
        var position = home(of: ends)
        while entries[position].slot != 0 {
            if entries[position].ends == ends { break }
            position = (position &+ 1) & mask
        }
        return position
    }

    @inline(__always) @_noLocks
    private func home(of ends: UInt128) -> Int {
        var hash = UInt64(truncatingIfNeeded: ends) &* seed
        hash ^= hash >> 32
        hash = (hash ^ UInt64(truncatingIfNeeded: ends >> 64)) &* (seed ^ 0x9e37_79b9_7f4a_7c14)
        hash ^= hash >> 29
        return Int(truncatingIfNeeded: hash) & mask
    }

    @inline(__always) @_noLocks
    private static func ends(_ client: Endpoint, _ server: Endpoint) -> UInt128 {
        let low = UInt64(client.address.value) << 16 | UInt64(client.port)
        let high = UInt64(server.address.value) << 16 | UInt64(server.port)
        return UInt128(high) << 64 | UInt128(low)
    }
}
