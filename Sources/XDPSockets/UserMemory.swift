import CXDP

/// A frame pool that the kernel knows (UMEM), and the rings of the sockets on it.
///
/// The kernel and libxdp keep the addresses of both, so neither moves. Sockets go before their memory does.
@safe
struct UserMemory: ~Copyable {
    var pool: FramePool
    let settings: SocketSettings
    /// The rings of each socket, in the order in which they are opened.
    let rings: UnsafeMutablePointer<sp_rings>
    let handle: OpaquePointer

    /// Maps the frames and registers them, for at most `sockets` sockets.
    init(settings: SocketSettings, sockets: Int) throws(SocketError) {
        let pool = try FramePool(
            frameSize: settings.frameSize, frameCount: settings.frameCount(sockets: sockets))
        let size = pool.frameSize * pool.frameCount
        let rings = UnsafeMutablePointer<sp_rings>.allocate(capacity: sockets)
        unsafe rings.initialize(repeating: sp_rings(), count: sockets)
        var handle: OpaquePointer?
        // Unsafe: the area has the size that is given, and both outlive the handle, see deinit.
        let result = unsafe sp_memory_register(
            &handle, pool.area, UInt64(size), UInt32(pool.frameSize), UInt32(settings.ringSize), rings)
        guard result == 0, let handle = unsafe handle else {
            unsafe rings.deallocate()
            throw SocketError(step: .registering(bytes: size), errno: -result)
        }
        self.pool = pool
        self.settings = settings
        unsafe self.rings = rings
        unsafe self.handle = handle
    }

    deinit {
        // Unsafe: the last use of both. The pool unmaps its area after this.
        unsafe xsk_umem__delete(handle)
        unsafe rings.deallocate()
    }
}
