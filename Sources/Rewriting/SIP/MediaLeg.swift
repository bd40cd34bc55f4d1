import WireFormats

/// A pair of flows in XDP: between an inside end and an outside end of media, both ways.
public struct MediaLeg: BitwiseCopyable, Sendable {
    /// Its number among all there have been; 0 while the slot is free.
    public internal(set) var number: UInt32 = 0
    /// The number of its call.
    public internal(set) var call: UInt32 = 0
    /// Which m= line it belongs to, from 0.
    public internal(set) var line: UInt8 = 0
    /// What carries it. Of TCP it is one connection, which the outside end has opened.
    public internal(set) var transport = SIPTransport.udp
    /// Whether it carries RTCP alone.
    public internal(set) var isControl = false
    /// The inside end.
    public internal(set) var inside = Endpoint(IPv4Address(0), 0)
    /// Its public endpoint.
    public internal(set) var translated = Endpoint(IPv4Address(0), 0)
    /// The outside end, as it is announced.
    public internal(set) var outside = Endpoint(IPv4Address(0), 0)
    /// Where the outside's media really come from, and the inside's go: the announced end, until the leg is latched on to
    /// another source (RFC 7362).
    public internal(set) var latched = Endpoint(IPv4Address(0), 0)
    /// While it may be latched, the host that this may be beside the announced one; else 0.
    public internal(set) var latching = IPv4Address(0)
    /// The clock rate of the RTP payload type that the answer likes best, in Hz; 0 when it carries no RTP, or the rate is
    /// not known.
    public internal(set) var clockRate: UInt32 = 0
    /// When a packet last passed, in nanoseconds, as far as it was looked for.
    var seen: UInt64 = 0
    /// When it is closed because a newer description has taken its place; 0 while it is in use.
    var closes: UInt64 = 0
    /// The next leg of the stream, plus one.
    var next: UInt32 = 0

    @_noLocks
    init() {}
}
