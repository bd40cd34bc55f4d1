/// How long the gateway waits for the ends of a TCP connection, in nanoseconds.
public struct ConnectionTimes: BitwiseCopyable, Sendable {
    /// The silence after which both ends are sent a keep-alive.
    public var keepalive: UInt64
    /// The silence of an end after which an established connection is over.
    public var idle: UInt64
    /// The same while a connection opens, and how long one that has ended is remembered (RFC 5382 REQ-5: 4 minutes).
    public var transitory: UInt64

    /// These times.
    @_noLocks
    public init(keepalive: UInt64, idle: UInt64, transitory: UInt64 = 240_000_000_000) {
        self.keepalive = keepalive
        self.idle = idle
        self.transitory = transitory
    }
}
