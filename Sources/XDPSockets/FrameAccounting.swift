/// Where the frames are that are in the hands of a ``SocketGroup``. Over all groups on one memory they are never fewer
/// and never more than at the start.
public struct FrameAccounting: Equatable, BitwiseCopyable, Sendable {
    /// Frames that nobody uses.
    public var free = 0
    /// Frames given to the kernel to receive into, not yet received.
    public var filling = 0
    /// Frames received or allocated, and neither transmitted, handed over nor released yet.
    public var held = 0
    /// Frames given to the kernel to transmit, not yet completed.
    public var transmitting = 0
    /// Frames on their way to another worker, with their packets.
    public var handedOver = 0
    /// Frames on their way home to another worker, empty.
    public var returning = 0

    /// No frames at all.
    public init(free: Int = 0, held: Int = 0) {
        self.free = free
        self.held = held
    }

    /// The sum; over all groups, and without a leak, the number of frames.
    public var total: Int { free + filling + held + transmitting + handedOver + returning }

    /// What two groups have together.
    public static func + (one: FrameAccounting, other: FrameAccounting) -> FrameAccounting {
        var sum = one
        sum.free += other.free
        sum.filling += other.filling
        sum.held += other.held
        sum.transmitting += other.transmitting
        sum.handedOver += other.handedOver
        sum.returning += other.returning
        return sum
    }
}
