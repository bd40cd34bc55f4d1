/// What a socket has done since it was opened, counted by its worker. Packets, unless said otherwise.
public struct SocketCounters: Equatable, BitwiseCopyable, Sendable {
    /// Packets received.
    public var received: UInt64 = 0
    /// Packets put into the transmit ring.
    public var transmitted: UInt64 = 0
    /// Packets that the kernel has given back after transmission; it does not say whether they arrived.
    public var completed: UInt64 = 0
    /// Packets dropped because the transmit ring was full, and the kernel would not take anything from it.
    public var dropTransmitRingFull: UInt64 = 0
    /// Times that the fill ring had room and no frame was free: the worker holds too many.
    public var fillStarved: UInt64 = 0
    /// System calls to have the transmit ring emptied.
    public var kicks: UInt64 = 0
    /// Kicks that took nothing from the ring; it stays for the next flush.
    public var kicksStalled: UInt64 = 0
    /// Kicks refused for another reason than a queue that is full for now, such as an interface that is down.
    public var kicksRefused: UInt64 = 0

    /// All 0.
    public init() {}
}
