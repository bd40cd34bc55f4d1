import TestSupport

/// How a model host does TCP: what one stack does and another does not.
struct Habits {
    /// The MSS that it announces; nil: it announces none and gets 536.
    var maximumSegment: UInt16? = 1460
    /// The window scale that it offers, if any.
    var windowShift: UInt8?
    var permitsSelective = false
    var hasTimestamps = false
    var initialSequence: UInt32 = 0
    /// Where its clock for timestamps starts.
    var clock: UInt32 = 0
    /// Octets that it stores for its application.
    var buffer = 65535
    /// How many full segments it has in flight at most.
    var flight = 10
    var delaysAcknowledgements = false
    /// Whether it cuts what it sends to segments of all sizes.
    var cutsAnyhow = false
    var retransmitsFast = true
    /// Whether it probes a shut window with the next byte, or else as Linux does with a number already acknowledged.
    var probesWithData = false
    /// The silence after which it sends a keep-alive, in nanoseconds; 0 for never.
    var keepalive: UInt64 = 0
    /// Whether its keep-alives carry a garbage octet (RFC 9293 section 3.8.4).
    var keepaliveHasOctet = false

    /// The habits of some host.
    static func random(_ random: inout Random) -> Habits {
        var habits = Habits()
        habits.maximumSegment = random.one(of: [1460, 1460, 1400, 536, 256, 100, nil])
        habits.windowShift = random.one(of: [nil, 0, 2, 7, 14])
        habits.permitsSelective = random.chance(0.6)
        habits.hasTimestamps = random.chance(0.6)
        habits.initialSequence =
            random.once(in: 3)
            ? 0 &- UInt32(random.number(1...5000)) : UInt32(truncatingIfNeeded: random.next())
        habits.clock = random.once(in: 4) ? 0 &- UInt32(random.number(1...9000)) : UInt32(random.number(1...1 << 30))
        habits.buffer = random.one(of: [65535, 65535, 16384, 8192, 4096, 2000, 600])
        habits.flight = random.number(1...12)
        habits.delaysAcknowledgements = random.chance(0.5)
        habits.cutsAnyhow = random.chance(0.4)
        habits.retransmitsFast = random.chance(0.7)
        habits.probesWithData = random.chance(0.5)
        habits.keepalive = random.one(of: [0, 0, 0, 20_000_000_000, 70_000_000_000])
        habits.keepaliveHasOctet = random.chance(0.5)
        return habits
    }
}
