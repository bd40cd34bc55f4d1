/// Sizes of the user memory and the rings of a ``SocketGroup``.
public struct SocketSettings: Hashable, Sendable {
    /// Bytes of a frame, 2048 or 4096. The largest packet that fits is 256 less (``Frame/headroom``).
    public var frameSize = 2048
    /// Entries of each of a socket's four rings: a power of two.
    public var ringSize = 2048
    /// Frames of the group beside those that can fill its rings: what the worker can hold at a time.
    public var heldMax = 1024

    /// 2048 bytes, 2048 entries, 1024 frames to hold.
    public init() {}

    /// The frame size for packets of so many bytes, Ethernet included; nil if none is large enough.
    public static func frameSize(forPackets bytes: Int) -> Int? {
        [2048, 4096].first { bytes <= $0 - Int(Frame.headroom) }
    }

    /// Frames that keep every ring of `sockets` sockets supplied: one ring's worth to receive into, one received and
    /// not read yet, one in transmission.
    func frameCount(sockets: Int) -> Int { 3 * sockets * ringSize + heldMax }
}
