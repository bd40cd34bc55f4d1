/// Sizes of the user memory and the rings of ``SharedSockets``, and how their queues are polled.
public struct SocketSettings: Hashable, Sendable {
    /// Bytes of a frame, 2048 or 4096. The largest packet that fits is 256 less (``Frame/headroom``).
    public var frameSize = 2048
    /// Entries of each of a socket's four rings, and of the ring from one worker to another: a power of two.
    public var ringSize = 2048
    /// Frames of each worker beside those that can fill its rings: what it can hold at a time.
    public var heldMax = 1024
    /// How the sockets' queues are polled; nil leaves that to interrupts.
    public var busyPolling: BusyPolling?

    /// 2048 bytes, 2048 entries, 1024 frames to hold, no busy polling.
    public init() {}

    /// The frame size for packets of so many bytes, Ethernet included; nil if none is large enough.
    ///
    /// In zero-copy mode some cards measure their buffers in whole KiB (SRRCTL.BSIZEPKT of igb and 82599), round down
    /// what the headroom leaves of a frame, and deliver a packet that is longer in pieces.
    public static func frameSize(forPackets bytes: Int, mode: SocketMode) -> Int? {
        [2048, 4096].first { size in
            let room = size - Int(Frame.headroom)
            return bytes <= (mode == .zeroCopy ? room / 1024 * 1024 : room)
        }
    }

    /// Frames of a worker that keep every ring of its `sockets` sockets supplied: one ring's worth to receive into, one
    /// received and not read yet, one in transmission; and one on its way to other workers, if there are any.
    public func frameCount(sockets: Int, workers: Int) -> Int {
        3 * sockets * ringSize + heldMax + (workers > 1 ? ringSize : 0)
    }
}
