import FlowTables
import PlainMemory
import WireFormats

/// Outside peers that speak SIP from a port that is no service's: what an inside host sends to such a peer would pass by
/// the gateway, so the XDP program is told of each pair of the two.
///
/// Invariant: a slot that is not free is found by `index` by the pair, and the program has a flow for it.
struct SteeredPeers: ~Copyable {
    /// An inside endpoint and its peer; not private, because the compiler (6.3) breaks on that in a generic table of other
    /// files.
    struct Pair: BitwiseCopyable {
        var inside = Endpoint(IPv4Address(0), 0)
        var peer = Endpoint(IPv4Address(0), 0)
        /// When the peer was last heard, in nanoseconds; 0 while the slot is free.
        var heard: UInt64 = 0
    }

    private var pairs: Slots<Pair>
    private var index: FlowIndex
    private var free: FreeList

    init(capacity: Int, seed: UInt64) throws(TableError) {
        let pairs = try Slots<Pair>(count: capacity)
        let index = try FlowIndex(capacity: capacity, seed: seed)
        let free = try FreeList(count: capacity)
        self.pairs = pairs
        self.index = index
        self.free = free
    }

    /// Whether the pair is known; it is from now on, unless there is no room.
    enum Hearing {
        case known, new, full
    }

    /// Notes that a peer has been heard.
    @_noLocks
    mutating func hear(_ inside: Endpoint, _ peer: Endpoint, now: UInt64) -> Hearing {
        if let slot = index.find(inside, peer) {
            pairs[slot].heard = now
            return .known
        }
        guard let slot = free.take() else { return .full }
        _ = index.insert(inside, peer, slot: slot)
        pairs[slot] = Pair(inside: inside, peer: peer, heard: now)
        return .new
    }

    /// Forgets a pair whose peer has been silent for so many nanoseconds; nil when there is none (more).
    @_noLocks
    mutating func expire(now: UInt64, after silence: UInt64) -> Pair? {
        guard index.count > 0 else { return nil }
        for slot in 0..<pairs.count where pairs[slot].heard != 0 && now &- pairs[slot].heard > silence {
            let pair = pairs[slot]
            index.remove(pair.inside, pair.peer)
            pairs[slot].heard = 0
            free.give(slot)
            return pair
        }
        return nil
    }
}
