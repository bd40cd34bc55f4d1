import WireFormats

/// A TCP segment that the gateway wants sent. Its data stands in a block of the pool, to be copied before anything
/// else happens to the conversation.
public struct OutgoingSegment: BitwiseCopyable, Sendable {
    /// The side that it leaves on.
    public var toward = Side.inside
    /// The conversation that it belongs to.
    public var conversation = 0
    /// The addresses and ports that it carries.
    public var source = Endpoint(IPv4Address(0), 0)
    /// Where it goes.
    public var destination = Endpoint(IPv4Address(0), 0)
    /// Its number in the target's counting.
    public var sequence = SequenceNumber(0)
    /// What it acknowledges, in the target's counting.
    public var acknowledgement = SequenceNumber(0)
    /// Its control bits.
    public var flags = TCPFlags(rawValue: 0)
    /// Its window field.
    public var window: UInt16 = 0
    /// Its urgent pointer.
    public var urgentPointer: UInt16 = 0
    /// Whether it goes out with the headers of the packet being worked on: type of service, identification, all
    /// options. Otherwise it is the gateway's own, with plain headers.
    public var keepsHeaders = false
    /// The block of its data; only meaningful when there are any.
    public var block = 0
    /// Where its data starts in the block.
    public var start = 0
    /// How many octets of data it carries.
    public var count = 0
    /// Whether a segment of the gateway's own carries a timestamp.
    public var hasTimestamp = false
    /// The clock of the side that the segment speaks for.
    public var timestamp: UInt32 = 0
    /// The clock of the side that it goes to.
    public var timestampEcho: UInt32 = 0
    /// How many of `selective` count.
    public var selectiveCount = 0
    /// Selective acknowledgements, which replace those in the headers that are kept.
    public var selective = TCPOptions().blocks

    /// An empty segment.
    @_noLocks
    public init() {}
}
