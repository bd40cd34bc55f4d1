import XDPSockets

/// What a socket has done and what the kernel says of its rings, as the worker publishes it once a second.
public struct SocketReport: BitwiseCopyable, Sendable {
    /// Packets and kicks, as the worker counts them.
    public var counters = SocketCounters()
    /// Drops and empty rings, as the kernel counts them.
    public var statistics = SocketStatistics()

    init() {}

    /// What is counted, by name.
    public var named: [(name: String, count: UInt64, meaning: String)] {
        [
            ("received", counters.received, "packets given to the worker"),
            ("transmitted", counters.transmitted, "packets put into the transmit ring"),
            ("completed", counters.completed, "packets that the kernel has sent"),
            ("dropTransmitRingFull", counters.dropTransmitRingFull, "packets lost: transmit ring full"),
            ("fillStarved", counters.fillStarved, "times too few frames were free for the fill ring"),
            ("kicks", counters.kicks, "system calls to send"),
            ("kicksStalled", counters.kicksStalled, "of them, those that the kernel put off"),
            ("kicksRefused", counters.kicksRefused, "of them, those that the kernel refused"),
            ("receiveDropped", statistics.receiveDropped, "packets lost by the kernel: no frame, or too large for one"),
            ("receiveRingFull", statistics.receiveRingFull, "packets lost by the kernel: receive ring full"),
            ("fillRingEmpty", statistics.fillRingEmpty, "times the kernel found the fill ring empty"),
            ("receiveInvalid", statistics.receiveInvalid, "descriptors of the fill ring that the kernel refused"),
            ("transmitInvalid", statistics.transmitInvalid, "descriptors of the transmit ring that the kernel refused"),
            ("transmitRingEmpty", statistics.transmitRingEmpty, "times the kernel found the transmit ring empty"),
        ]
    }
}
