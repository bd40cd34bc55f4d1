import PlainMemory

/// The packets that one receive brings: at most ``capacity``.
///
/// Made once and used again for every receive. Reading it does not take the frames out: each must be transmitted,
/// handed over, released or kept in sight before the batch is received into again.
public struct Batch: ~Copyable {
    /// Packets that one receive brings at most.
    public static var capacity: Int {
        @_noLocks get { 64 }
    }

    /// Packets in the batch.
    public private(set) var count = 0
    private var frames: InlineArray<64, Frame>
    private var sockets: InlineArray<64, UInt16>
    private let inPlace = InPlace()

    /// An empty batch.
    public init() {
        frames = InlineArray(repeating: Frame(index: 0, start: 0, length: 0))
        sockets = InlineArray(repeating: 0)
    }

    /// Packet `position`, from 0 to `count` less one, in the order of arrival.
    @_noLocks
    public subscript(position: Int) -> Frame {
        precondition(position < count, "no such packet in the batch")
        return frames[position]
    }

    /// The socket that packet `position` came by, whichever worker received it there.
    @_noLocks
    public func socket(of position: Int) -> Int {
        precondition(position < count, "no such packet in the batch")
        return Int(sockets[position])
    }

    /// Puts a packet behind the others, of which there are less than ``capacity``.
    @_noLocks
    public mutating func append(_ frame: Frame, socket: UInt16) {
        frames[count] = frame
        sockets[count] = socket
        count &+= 1
    }

    /// Empties it; what becomes of its frames is the caller's.
    @_noLocks
    public mutating func removeAll() { count = 0 }
}
