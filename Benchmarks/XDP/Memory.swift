import Foundation

/// Memory that no cache holds, as the measure of what a look-up in a large table has to pay.
final class Memory {
    static let mebibytes = 256
    private static let lines = mebibytes << 20 / line
    private static let line = 64
    private static let reads = 500_000

    /// One ring through all cache lines, in no order: each begins with the number of the next.
    private let ring: UnsafeMutablePointer<Int>
    private var place = 0

    init() {
        let words = Memory.line / MemoryLayout<Int>.size
        ring = .allocate(capacity: Memory.lines * words)
        let order = (0..<Memory.lines).shuffled()
        for (number, next) in zip(order, order[1...] + [order[0]]) { ring[number * words] = next * words }
    }

    deinit { ring.deallocate() }

    /// One sample: nanoseconds for a read that has to wait for the one before.
    func nanoseconds() -> Double {
        let start = ContinuousClock.now
        for _ in 0..<Memory.reads { place = ring[place] }
        return (ContinuousClock.now - start) / .nanoseconds(1) / Double(Memory.reads)
    }
}
