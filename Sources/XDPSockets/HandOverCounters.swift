/// What a worker has handed over to others and taken over from them, as its ``SocketGroup`` counts it. Packets, unless
/// said otherwise.
public struct HandOverCounters: Equatable, BitwiseCopyable, Sendable {
    /// Packets given to another worker to handle.
    public var handedOver: UInt64 = 0
    /// Packets given to another worker to transmit, by a socket of its.
    public var passedOut: UInt64 = 0
    /// Packets taken over from other workers, to handle or to transmit.
    public var takenOver: UInt64 = 0
    /// Packets dropped because the ring to the other worker was full: it does not keep up.
    public var dropHandOverFull: UInt64 = 0
    /// Frames of other workers sent home.
    public var sentHome: UInt64 = 0
    /// Times that another worker was asleep and had to be woken.
    public var wakes: UInt64 = 0

    /// All 0.
    public init() {}
}
