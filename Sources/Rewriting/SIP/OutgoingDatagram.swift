import WireFormats

/// A UDP datagram to be sent, whose data stand in the gateway's message memory.
public struct OutgoingDatagram: BitwiseCopyable, Sendable {
    /// Where it seems to come from.
    public var source: Endpoint
    /// Where it goes.
    public var destination: Endpoint
    /// Its data, as offsets in the message memory, or in the frame that it came in.
    var start: Int
    var count: Int
    /// The hops that it has left.
    var timeToLive: UInt8

    @_noLocks
    init(from source: Endpoint, to destination: Endpoint, start: Int, count: Int, timeToLive: UInt8) {
        self.source = source
        self.destination = destination
        self.start = start
        self.count = count
        self.timeToLive = timeToLive
    }

    /// A datagram as it came; its data stand in its frame.
    @_noLocks
    public init(_ datagram: UDPPacket) {
        self.init(
            from: datagram.source, to: datagram.destination, start: datagram.payload.lowerBound,
            count: datagram.payload.count, timeToLive: datagram.timeToLive)
    }

    /// Octets of the whole IPv4 packet.
    public var length: Int { @_noLocks get { 28 &+ count } }
}
