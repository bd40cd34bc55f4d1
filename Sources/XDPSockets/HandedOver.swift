/// A packet on its way from one worker to another.
struct HandedOver: BitwiseCopyable {
    let frame: Frame
    /// The socket that the packet came by, or is to leave by.
    let socket: UInt16
    /// Whether it is to leave as it is, by a socket that only the receiver may use.
    let isOutgoing: Bool

    @_noLocks
    init(frame: Frame, socket: Int, isOutgoing: Bool) {
        self.frame = frame
        self.socket = UInt16(truncatingIfNeeded: socket)
        self.isOutgoing = isOutgoing
    }
}
