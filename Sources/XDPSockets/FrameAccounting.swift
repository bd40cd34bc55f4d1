/// Where all the frames of a ``SocketGroup`` are. They are never fewer and never more than at the start.
public struct FrameAccounting: Equatable, BitwiseCopyable, Sendable {
    /// Frames that nobody uses.
    public var free = 0
    /// Frames given to the kernel to receive into, not yet received.
    public var filling = 0
    /// Frames received or allocated, and neither transmitted nor released yet.
    public var held = 0
    /// Frames given to the kernel to transmit, not yet completed.
    public var transmitting = 0

    /// No frames at all.
    public init(free: Int = 0, held: Int = 0) {
        self.free = free
        self.held = held
    }

    /// The sum; without a leak, the number of frames of the group.
    public var total: Int { free + filling + held + transmitting }
}
