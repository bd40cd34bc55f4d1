import WireFormats

/// What the operator may decide about rewriting; all times in nanoseconds.
public struct Settings: BitwiseCopyable, Sendable {
    /// The silence after which both ends of a control conversation are sent a keep-alive.
    public var keepalive: UInt64 = 45_000_000_000
    /// The silence of an end after which its conversation is over (RFC 5382 REQ-5: at least 2 hours 4 minutes).
    public var idle: UInt64 = 7_440_000_000_000
    /// The same while a connection opens, and how long one that has ended is remembered (RFC 5382 REQ-5: 4 minutes).
    public var transitory: UInt64 = 240_000_000_000
    /// How long a pinhole waits for its first packet.
    public var pinhole: UInt64 = 60_000_000_000

    /// The defaults.
    @_noLocks
    public init() {}
}
