/// Which of the gateway's workers a `Gateway` is: it has its own slice of the public ports (`PortCut`) and its own
/// numbers for conversations and data connections.
public struct WorkerShare: BitwiseCopyable, Sendable {
    /// The worker, from 0 on.
    public let index: Int
    /// How many workers there are, 1 or more.
    public let count: Int

    /// The share of worker `index` of `count`.
    @_noLocks
    public init(index: Int = 0, of count: Int = 1) {
        precondition(index >= 0 && index < count, "no such worker")
        self.index = index
        self.count = count
    }
}

/// Numbers that no other worker gives: every so-manieth, as many as there are workers.
struct Numbers: BitwiseCopyable {
    private let first: UInt32
    private let step: UInt32
    private var following: UInt32

    @_noLocks
    init(_ share: WorkerShare) {
        first = UInt32(truncatingIfNeeded: share.index &+ 1)
        step = UInt32(truncatingIfNeeded: share.count)
        following = first
    }

    /// The next number, never 0; after some four thousand million divided by the number of workers they begin anew.
    @_noLocks
    mutating func next() -> UInt32 {
        let number = following
        let (sum, overflow) = following.addingReportingOverflow(step)
        following = overflow ? first : sum
        return number
    }
}
