import WireFormats

/// What the operator may decide about rewriting; all times in nanoseconds.
public struct Settings: BitwiseCopyable, Sendable {
    /// The times of control conversations of FTP, and of their data connections (RFC 5382 REQ-5: at least 2 hours 4
    /// minutes of silence).
    public var connection = ConnectionTimes(keepalive: 45_000_000_000, idle: 7_440_000_000_000)
    /// How long a pinhole waits for its first packet.
    public var pinhole: UInt64 = 60_000_000_000

    /// The defaults.
    @_noLocks
    public init() {}
}
