import CXDP

/// The frames of all workers as the kernel knows them (UMEM), and the rings of the sockets on them.
///
/// The kernel and libxdp keep the addresses of both, so neither moves. Sockets go before their memory does.
@safe
struct UserMemory: ~Copyable {
    let table: FrameTable
    let settings: SocketSettings
    let handle: OpaquePointer
    private let rings: UnsafeMutableRawPointer

    /// Bytes between the rings of two sockets: whole pairs of cache lines, since two sockets may have two workers.
    private static let stride = unsafe (MemoryLayout<sp_rings>.size + 127) / 128 * 128

    /// Maps and registers `share` frames for each of `workers` workers, for at most `sockets` sockets.
    init(settings: SocketSettings, share: Int, workers: Int, sockets: Int) throws(SocketError) {
        let table = try FrameTable(frameSize: settings.frameSize, share: share, workers: workers)
        let size = table.frameSize * table.frameCount
        // Unsafe: one allocation with room for each socket's rings, initialised here and freed in deinit.
        let rings = UnsafeMutableRawPointer.allocate(byteCount: sockets * Self.stride, alignment: 128)
        for socket in 0..<sockets {
            unsafe (rings + socket * Self.stride).initializeMemory(as: sp_rings.self, to: sp_rings())
        }
        var handle: OpaquePointer?
        // Unsafe: the area has the size that is given, and both outlive the handle, see deinit.
        let result = unsafe sp_memory_register(
            &handle, table.area, UInt64(size), UInt32(table.frameSize), UInt32(settings.ringSize),
            rings.assumingMemoryBound(to: sp_rings.self))
        guard result == 0, let handle = unsafe handle else {
            unsafe rings.deallocate()
            throw SocketError(step: .registering(bytes: size), errno: -result)
        }
        self.table = table
        self.settings = settings
        unsafe self.rings = rings
        unsafe self.handle = handle
    }

    deinit {
        // Unsafe: the last use of both. The table unmaps its area after this.
        unsafe xsk_umem__delete(handle)
        unsafe rings.deallocate()
    }

    /// The rings of a socket; those of the first are the first to be opened.
    func rings(of socket: Int) -> UnsafeMutablePointer<sp_rings> {
        // Unsafe: initialised in init for each socket.
        unsafe (rings + socket * Self.stride).assumingMemoryBound(to: sp_rings.self)
    }
}
