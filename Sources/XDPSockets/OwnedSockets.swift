/// The sockets of one worker, apart in memory from those of others because it writes to them for every packet.
@safe
struct OwnedSockets: ~Copyable {
    /// Never null; `count` of them are open.
    let sockets: UnsafeMutablePointer<Socket>
    private(set) var count = 0

    init(capacity: Int) {
        // Unsafe: room for `capacity` sockets, on pairs of cache lines of their own; freed in deinit.
        let bytes = (capacity * MemoryLayout<Socket>.stride + 127) / 128 * 128
        unsafe sockets = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 128), alignment: 128)
            .bindMemory(to: Socket.self, capacity: capacity)
    }

    deinit {
        unsafe sockets.deinitialize(count: count)
        unsafe UnsafeMutableRawPointer(sockets).deallocate()
    }

    /// Adds one of the `capacity` sockets.
    mutating func append(_ socket: consuming Socket) {
        unsafe (sockets + count).initialize(to: socket)
        count += 1
    }
}

/// Where a socket is: the worker that has it, and its place among those of that worker.
struct SocketRoute: BitwiseCopyable {
    let owner: Int
    let position: Int
}
