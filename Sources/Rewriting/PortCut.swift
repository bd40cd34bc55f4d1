/// How the gateway's ports are cut among its workers, so that the owner of a returning packet is found by arithmetic.
///
/// Invariants: the slices follow each other without a gap, in the order of the workers; all begin at an even port but
/// for the first, which begins where the ports do, so that no pair of an even port and the odd one above it is divided
/// (RTP and RTCP, RFC 3550 section 11); they differ by fewer than two ports for each worker.
public struct PortCut: BitwiseCopyable, Sendable {
    private let first: UInt16
    private let last: UInt16
    private let workers: Int
    private let width: Int

    /// The ports of `range` among so many workers, 1 or more; where there are several, there must be four ports for each.
    @_noLocks
    public init(_ range: ClosedRange<UInt16>, workers: Int) {
        first = range.lowerBound
        last = range.upperBound
        self.workers = workers
        precondition(workers == 1 || range.count / workers >= 4, "fewer than four ports for each worker")
        width = max(2, (Int(last) &+ 1 &- Int(first & ~1)) / workers & ~1)
    }

    /// The worker that a port belongs to; nil for a port that is not the gateway's.
    @_noLocks
    public func owner(of port: UInt16) -> Int? {
        guard port >= first, port <= last else { return nil }
        let worker = (Int(port) &- Int(first & ~1)) / width
        return worker < workers ? worker : workers &- 1
    }

    /// The ports of a worker.
    @_noLocks
    public func slice(_ worker: Int) -> ClosedRange<UInt16> {
        precondition(worker >= 0 && worker < workers, "no such worker")
        let start = Int(first & ~1) &+ worker &* width
        let end = worker == workers &- 1 ? last : UInt16(truncatingIfNeeded: start &+ width &- 1)
        return max(first, UInt16(truncatingIfNeeded: start))...end
    }
}
