import PlainMemory

/// The segments that one packet, or one timer, causes: filled by the gateway, emptied by the worker before the next.
///
/// Invariant: the first `count` slots are filled. Data is sent only while there is room beside it for what must be
/// said besides; what does not fit even so is lost like a packet on the wire, and counted.
public struct Outbox: ~Copyable {
    private var segments: Slots<OutgoingSegment>
    /// How many segments there are.
    public private(set) var count = 0
    /// How many did not fit.
    public private(set) var lost = 0

    /// Room for a full block in the smallest segments that are usual, both ways.
    public init() throws(TableError) { segments = try Slots(count: 128) }

    /// Whether it takes data: a few places are kept for acknowledgements and the like.
    var takesData: Bool { @_noLocks get { count &+ 8 <= segments.count } }

    /// A segment.
    public subscript(index: Int) -> OutgoingSegment {
        @_noLocks get { segments[index] }
    }

    /// Adds a segment.
    @_noLocks
    public mutating func append(_ segment: OutgoingSegment) {
        guard count < segments.count else {
            lost &+= 1
            return
        }
        segments[count] = segment
        count &+= 1
    }

    /// Gives a segment the addresses of its conversation.
    @_noLocks
    mutating func address(_ place: Int, as conversation: borrowing Conversation, _ slot: Int) {
        conversation.address(&segments[place], slot: slot)
    }

    /// Empties the box.
    @_noLocks
    public mutating func clear() {
        count = 0
        lost = 0
    }
}
