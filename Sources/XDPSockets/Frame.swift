/// A packet in one frame of the user memory: which frame, and where in it the packet lies.
///
/// A frame is a number, not an owner: copying the value does not copy the packet. Who receives or allocates a frame
/// holds it until it is transmitted or released, once; ``FramePool`` stops the program on a second time.
///
/// Invariant of a frame that is transmitted: `length > 0`, and `start + length` is at most the frame size. The kernel
/// takes a descriptor that breaks it without ever giving the frame back (xp_aligned_validate_desc in net/xdp).
public struct Frame: Hashable, BitwiseCopyable, Sendable {
    /// Which frame, from 0 to the number of frames less one.
    public let index: UInt32
    /// Where the packet begins, in bytes from the beginning of the frame. What is before it is free to grow into: a
    /// received packet has at least ``headroom`` bytes there.
    public var start: UInt16
    /// Bytes of the packet. What follows it up to the end of the frame is free to grow into.
    public var length: UInt16

    /// Bytes that the kernel leaves free before a received packet (XDP_PACKET_HEADROOM), and that allocated frames
    /// have there too: room for VLAN tags.
    public static var headroom: UInt16 {
        @_noLocks get { 256 }
    }

    @_noLocks
    init(index: UInt32, start: UInt16, length: UInt16) {
        self.index = index
        self.start = start
        self.length = length
    }
}
