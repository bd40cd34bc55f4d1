/// When an idle worker stops looking for work and sleeps: some time after the last packet, since another is likely soon
/// and sleeping costs a system call and a wake-up.
public struct Spin: BitwiseCopyable, Sendable {
    /// How long a worker looks on after its last packet, in nanoseconds.
    public var limit: UInt64
    private var lastWork: UInt64 = 0

    /// A worker that looks on for so many nanoseconds; 0: none.
    public init(limit: UInt64) { self.limit = limit }

    /// Whether the worker is to sleep now, after a turn that found work or found none.
    /// - Parameter now: the time in nanoseconds, which never goes back.
    @_noLocks
    public mutating func isOver(worked: Bool, now: UInt64) -> Bool {
        if worked { lastWork = now }
        return now &- lastWork >= limit && !worked
    }
}
