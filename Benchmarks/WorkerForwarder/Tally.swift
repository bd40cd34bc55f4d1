import XDPSockets

/// What became of the packets, by the counters of a worker and of the kernel.
struct Tally: CustomStringConvertible, Sendable {
    private var received: UInt64 = 0
    private var transmitted: UInt64 = 0
    /// By a name: transmit ring full, hand-over ring full.
    private var dropped: UInt64 = 0
    /// What the kernel had no room for.
    private var missed: UInt64 = 0

    init() {}

    init(_ group: borrowing SocketGroup) throws {
        for socket in group.ownSockets {
            let counters = group.counters(of: socket)
            let statistics = try SocketStatistics(descriptor: group.descriptor(of: socket))
            received += counters.received
            transmitted += counters.transmitted
            dropped += counters.dropTransmitRingFull
            missed += statistics.receiveDropped + statistics.receiveRingFull
        }
        dropped += group.handOverCounters.dropHandOverFull
    }

    static func + (one: Tally, other: Tally) -> Tally {
        var sum = one
        sum.received += other.received
        sum.transmitted += other.transmitted
        sum.dropped += other.dropped
        sum.missed += other.missed
        return sum
    }

    /// As `forwarder` prints it.
    var description: String {
        "received \(received) transmitted \(transmitted) dropped \(dropped) missed \(missed)"
    }
}
