import PlainMemory
import WireFormats

/// Finds the slot of a conversation by its two ends, or of anything by 96 bits: open addressing with linear probing at a load of at most one
/// half, and entries of which four stand in a cache line, so that a look-up touches one line as a rule.
///
/// Invariants: single writer; an entry's `slot` is 0 when it is empty, else the slot number plus one; between an
/// entry and its home there is no empty entry (deletion shifts back, so there are no tombstones). The hash is keyed
/// by random numbers, so that nobody outside can aim at one bucket.
@safe
public struct FlowIndex: ~Copyable {
    /// What a slot is found by.
    public struct Key: BitwiseCopyable, Sendable {
        /// Of two ends, the client's address and port, and the server's port.
        @usableFromInline var most: UInt64
        /// The server's address.
        @usableFromInline var rest: UInt32

        /// Any 96 bits.
        @inlinable @inline(__always) @_noLocks
        public init(most: UInt64, rest: UInt32) {
            self.most = most
            self.rest = rest
        }

        @inlinable @inline(__always) @_noLocks
        init(_ client: Endpoint, _ server: Endpoint) {
            most = UInt64(client.address.value) << 32 | UInt64(client.port) << 16 | UInt64(server.port)
            rest = server.address.value
        }

        @inlinable @inline(__always) @_noLocks
        static func == (left: Key, right: Key) -> Bool { left.most == right.most && left.rest == right.rest }
    }

    @usableFromInline struct Entry: BitwiseCopyable {
        @usableFromInline var key: Key
        @usableFromInline var slot: UInt32
    }

    private let entries: Slots<Entry>
    /// The first entry; there are `mask` and one more. Safe wherever it is used below: a position is a number and
    /// `mask`, so at most `mask`, and the memory is that of `entries`.
    @usableFromInline let base: UnsafeMutablePointer<Entry>
    @usableFromInline let mask: Int
    @usableFromInline let seeds: (UInt64, UInt64)
    /// The most conversations it holds.
    public let capacity: Int
    /// How many it holds.
    @inlinable public var count: Int {
        @inline(__always) @_noLocks get { held }
    }
    @usableFromInline var held = 0

    /// Room for `capacity` conversations. `seed` should be random, and is fixed in tests.
    public init(capacity: Int, seed: UInt64) throws(TableError) {
        var size = 2
        while size < 2 * capacity { size *= 2 }
        let entries = try Slots<Entry>(count: size)
        unsafe base = entries.base
        self.entries = entries
        mask = size - 1
        self.capacity = capacity
        // Two independent of each other as far as anybody outside can tell (MurmurHash3's finalizer).
        let mixed = (seed ^ seed >> 33) &* 0xff51_afd7_ed55_8ccd
        seeds = (seed, mixed ^ mixed >> 33)
    }

    /// The slot kept for a pair of ends, or nil.
    @inlinable @_noLocks
    public func find(_ client: Endpoint, _ server: Endpoint) -> Int? { find(key: Key(client, server)) }

    /// The slot kept for a key, or nil.
    @inlinable @inline(__always) @_noLocks
    public func find(key: Key) -> Int? {
        let slot = unsafe base[position(of: key)].slot
        return slot == 0 ? nil : Int(slot) &- 1
    }

    /// Keeps a slot for a pair of ends that is not there yet; false when full.
    @inlinable @_noLocks
    public mutating func insert(_ client: Endpoint, _ server: Endpoint, slot: Int) -> Bool {
        insert(key: Key(client, server), slot: slot)
    }

    /// Keeps a slot for a key that is not there yet; false when full.
    @inlinable @inline(__always) @_noLocks
    public mutating func insert(key: Key, slot: Int) -> Bool {
        guard held < capacity else { return false }
        let position = position(of: key)
        unsafe base[position].key = key
        unsafe base[position].slot = UInt32(truncatingIfNeeded: slot &+ 1)
        held &+= 1
        return true
    }

    /// Forgets a pair of ends, if it is there.
    @inlinable @_noLocks
    public mutating func remove(_ client: Endpoint, _ server: Endpoint) { remove(key: Key(client, server)) }

    /// Forgets a key, if it is there.
    @inlinable @inline(__always) @_noLocks
    public mutating func remove(key: Key) {
        var hole = position(of: key)
        guard unsafe base[hole].slot != 0 else { return }
        held &-= 1
        var next = (hole &+ 1) & mask
        while unsafe base[next].slot != 0 {
            let home = unsafe self.home(of: base[next].key)
            // The entry may move into the hole unless its home lies after the hole.
            if (next &- home) & mask >= (next &- hole) & mask {
                unsafe base[hole] = base[next]
                hole = next
            }
            next = (next &+ 1) & mask
        }
        unsafe base[hole].slot = 0
    }

    /// Where a key stands, or the empty entry where it would.
    @inlinable @inline(__always) @_noLocks
    func position(of key: Key) -> Int {
        var position = home(of: key)
        while unsafe base[position].slot != 0 {
            if unsafe base[position].key == key { break }
            position = (position &+ 1) & mask
        }
        return position
    }

    /// A folded product of 128 bits, both factors keyed (as in wyhash): every bit of the key moves the low ones.
    @inlinable @inline(__always) @_noLocks
    func home(of key: Key) -> Int {
        let product = (key.most ^ seeds.0).multipliedFullWidth(by: UInt64(key.rest) ^ seeds.1)
        return Int(truncatingIfNeeded: product.high ^ product.low) & mask
    }
}
