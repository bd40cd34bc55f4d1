import PlainMemory
import WireFormats

/// Which receive queue a card gives a TCP packet over IPv4 to: receive-side scaling, as the card does it. The Toeplitz
/// hash of the packet's addresses, and of its ports where the card hashes them, chooses a place of the indirection
/// table, and that holds the queue.
///
/// Invariants: `contributions` has, for each of the twelve octets that are hashed, what each of its 256 values
/// contributes, so that a look-up is twelve loads and one; nothing changes after `init`.
public struct ReceiveScaling: ~Copyable {
    private var contributions: Slots<UInt32>
    private var indirection: Slots<UInt32>
    private let mask: Int
    /// The card hashes ports as well as addresses.
    public let hashesPorts: Bool

    /// From the card's key and indirection table, whose size is a power of two.
    public init(key: ToeplitzKey, indirection queues: [UInt32], hashesPorts: Bool) throws(TableError) {
        precondition(queues.count.nonzeroBitCount == 1, "an indirection table whose size is no power of two")
        var contributions = try Slots<UInt32>(count: 12 * 256)
        var indirection = try Slots<UInt32>(count: queues.count)
        for place in 0..<contributions.count {
            contributions[place] = key.contribution(of: UInt8(place & 0xff), at: place >> 8)
        }
        for (place, queue) in queues.enumerated() { indirection[place] = queue }
        self.contributions = contributions
        self.indirection = indirection
        mask = queues.count - 1
        self.hashesPorts = hashesPorts
    }

    /// The queue of a packet between two ends, 0 or above.
    @_noLocks
    public func queue(source: Endpoint, destination: Endpoint) -> Int {
        var hash = contribution(source.address.value, at: 0) ^ contribution(destination.address.value, at: 4)
        if hashesPorts {
            hash ^= contribution(UInt32(source.port) << 16 | UInt32(destination.port), at: 8)
        }
        return Int(indirection[Int(truncatingIfNeeded: hash) & mask])
    }

    /// Of four octets, the first of which is at `place`.
    @inline(__always) @_noLocks
    private func contribution(_ octets: UInt32, at place: Int) -> UInt32 {
        let row = place &* 256
        return contributions[row &+ Int(octets >> 24)]
            ^ contributions[row &+ 256 &+ Int(octets >> 16 & 0xff)]
            ^ contributions[row &+ 512 &+ Int(octets >> 8 & 0xff)]
            ^ contributions[row &+ 768 &+ Int(octets & 0xff)]
    }
}
