import CXDP
import Glibc

/// All the AF_XDP sockets of one worker, on one user memory: what is received by one is transmitted by another
/// without a copy.
///
/// The worker's loop is, in this order:
///
///     group.reclaim()                                // sent frames come back
///     group.refill()                                 // free frames go to the kernel
///     while group.receive(into: &batch) > 0 { ... }  // each packet: transmit(_:on:) or release(_:), or kept
///     group.flush()                                  // one kick for all that was transmitted
///     group.wait(milliseconds: ...)                  // only when there was nothing to do
///
/// Invariant: every frame is free, filling, held or transmitting (``FrameAccounting``), and `accounting` equals
/// `census` between any two calls.
///
/// Owned by one thread at a time. Before it goes away its sockets must have been taken out of the XDP program's reach
/// (detach first), or packets are lost that could have passed.
@safe
public struct SocketGroup: ~Copyable {
    /// Sockets in the group, in the order of the bindings; an index below is less than this.
    public private(set) var count = 0

    private var memory: UserMemory
    private let sockets: UnsafeMutablePointer<Socket>
    /// The sockets' descriptors and, last, the caller's.
    private let polled: UnsafeMutablePointer<pollfd>
    /// Where the next receive looks first.
    private var next = 0

    /// Opens a socket for every binding, in the network namespace of the calling thread, and fills their fill rings.
    ///
    /// - Parameters:
    ///   - bindings: one or more, no two alike.
    ///   - mode: `.zeroCopy` is a wish: where a queue cannot, all sockets are opened in copy mode. See ``mode(of:)``.
    ///   - wakeDescriptor: readable when ``wait(milliseconds:)`` is to return, an eventfd for example; -1: none. It
    ///     remains the caller's.
    /// - Throws: the refusal; of copy mode, if both were tried.
    public static func open(
        _ bindings: [SocketBinding], mode: SocketMode = .copy, settings: SocketSettings = SocketSettings(),
        wakeDescriptor: Int32 = -1
    ) throws(SocketError) -> SocketGroup {
        precondition(!bindings.isEmpty && Set(bindings).count == bindings.count, "one socket for each queue")
        do throws(SocketError) {
            return try SocketGroup.open(bindings, only: mode, settings, wakeDescriptor)
        } catch {
            // Whatever a driver has against zero-copy, copy mode may do without its help.
            guard mode == .zeroCopy else { throw error }
            return try SocketGroup.open(bindings, only: .copy, settings, wakeDescriptor)
        }
    }

    private static func open(
        _ bindings: [SocketBinding], only mode: SocketMode, _ settings: SocketSettings, _ wakeDescriptor: Int32
    ) throws(SocketError) -> SocketGroup {
        let memory = try UserMemory(settings: settings, sockets: bindings.count)
        var group = SocketGroup(memory: memory, capacity: bindings.count)
        for binding in bindings { try group.add(binding, mode) }
        group.poll(wakeDescriptor, at: bindings.count)
        group.refill()
        return group
    }

    private init(memory: consuming UserMemory, capacity: Int) {
        self.memory = memory
        // Unsafe here and below: `count` sockets and one more descriptor are initialised and used; freed in deinit.
        unsafe sockets = .allocate(capacity: capacity)
        unsafe polled = .allocate(capacity: capacity + 1)
    }

    deinit {
        unsafe sockets.deinitialize(count: count)
        unsafe sockets.deallocate()
        unsafe polled.deallocate()
    }

    private mutating func add(_ binding: SocketBinding, _ mode: SocketMode) throws(SocketError) {
        let socket = try unsafe Socket(binding, mode: mode, memory: memory, rings: memory.rings + count)
        poll(socket.descriptor, at: count)
        unsafe sockets.advanced(by: count).initialize(to: socket)
        count += 1
    }

    private func poll(_ descriptor: Int32, at position: Int) {
        unsafe polled.advanced(by: position).initialize(to: pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }

    /// Takes the frames back that have been sent.
    @_noLocks
    public mutating func reclaim() {
        for index in 0..<count { unsafe sockets[index].reclaim(into: &memory.pool) }
    }

    /// Gives free frames to the kernel to receive into.
    @_noLocks
    public mutating func refill() {
        for index in 0..<count { unsafe sockets[index].refill(from: &memory.pool) }
    }

    /// Takes the packets of one socket, up to a batch; the sockets take turns.
    /// - Returns: the number of packets; 0 when no socket has any.
    @_noLocks
    public mutating func receive(into batch: inout Batch) -> Int {
        for _ in 0..<count {
            let index = next
            next = index &+ 1 == count ? 0 : index &+ 1
            unsafe sockets[index].receive(into: &batch, pool: &memory.pool)
            if batch.count > 0 {
                batch.socket = index
                return batch.count
            }
        }
        return 0
    }

    /// A free frame for a packet of the worker's own, empty, with ``Frame/headroom`` before it; nil when none is free.
    @_noLocks
    public mutating func allocate() -> Frame? {
        guard let index = memory.pool.take(to: .held) else { return nil }
        return Frame(index: index, start: Frame.headroom, length: 0)
    }

    /// Gives a held frame back: its packet is dropped, or has never been one.
    @_noLocks
    public mutating func release(_ frame: Frame) {
        memory.pool.release(frame.index, from: .held)
    }

    /// The bytes of a held frame's packet.
    @_lifetime(&self) @_noLocks
    public mutating func bytes(of frame: Frame) -> MutableRawSpan {
        precondition(
            Int(frame.index) < memory.pool.frameCount && Int(frame.start) &+ Int(frame.length) <= memory.pool.frameSize,
            "a packet outside its frame")
        // Unsafe: the bytes lie within the area, which lives as long as the group; nothing else touches a held frame.
        let span = unsafe MutableRawSpan(_unsafeStart: pointer(to: frame), byteCount: Int(frame.length))
        return unsafe _overrideLifetime(span, mutating: &self)
    }

    /// Where a held frame's packet begins. `frame.start` bytes before it are the frame's, and
    /// ``frameSize`` less `frame.start` from it on.
    @unsafe @_noLocks
    public func pointer(to frame: Frame) -> UnsafeMutableRawPointer {
        unsafe memory.pool.area + (Int(memory.pool.address(of: frame.index)) &+ Int(frame.start))
    }

    /// Bytes of a frame, a power of two.
    public var frameSize: Int {
        @_noLocks get { memory.pool.frameSize }
    }

    /// Frames of the group, wherever they are.
    public var frameCount: Int { memory.pool.frameCount }

    /// Puts a held frame's packet into a socket's transmit ring; it leaves at the next flush. The frame is the
    /// caller's no longer, sent or not.
    ///
    /// - Parameters:
    ///   - frame: with `length > 0`.
    ///   - socket: from 0 to `count` less one, whichever the packet came from.
    /// - Returns: whether it was put; if not, it is dropped, and counted in ``SocketCounters/dropTransmitRingFull``.
    @_noLocks @discardableResult
    public mutating func transmit(_ frame: Frame, on socket: Int) -> Bool {
        precondition(socket >= 0 && socket < count, "no such socket")
        return unsafe sockets[socket].transmit(frame, pool: &memory.pool)
    }

    /// Has everything sent that was transmitted.
    @_noLocks
    public mutating func flush() {
        for index in 0..<count { unsafe sockets[index].flush() }
    }

    /// Sleeps until a packet arrives, the caller's descriptor is readable, or time is up.
    /// - Parameter milliseconds: 0 does not sleep, -1 has no limit.
    /// - Returns: whether there is something to do.
    @_noLocks
    public mutating func wait(milliseconds: Int32) -> Bool {
        unsafe sp_poll(polled, UInt32(truncatingIfNeeded: count &+ 1), milliseconds) > 0
    }

    /// A socket's descriptor, for the XDP program's socket map and for ``SocketStatistics``; valid while the group is.
    public func descriptor(of socket: Int) -> Int32 {
        precondition(socket >= 0 && socket < count, "no such socket")
        return unsafe sockets[socket].descriptor
    }

    /// How a socket's packets come and go, for the operator to see. All sockets of a group have the first one's mode.
    public func mode(of socket: Int) -> SocketMode {
        precondition(socket >= 0 && socket < count, "no such socket")
        return unsafe sockets[socket].mode
    }

    /// What a socket has done so far.
    @_noLocks
    public func counters(of socket: Int) -> SocketCounters {
        precondition(socket >= 0 && socket < count, "no such socket")
        return unsafe sockets[socket].counters
    }

    /// Where the frames are, as the sockets and the pool count them while they work.
    public var accounting: FrameAccounting {
        var accounting = FrameAccounting(free: memory.pool.freeCount, held: memory.pool.heldCount)
        for index in 0..<count {
            accounting.filling += unsafe sockets[index].filling
            accounting.transmitting += unsafe sockets[index].transmitting
        }
        return accounting
    }

    /// Where the frames are, one by one, as the table of places has them. Slow.
    public var census: FrameAccounting { memory.pool.census() }
}

// The worker's thread is not the one that opens the group. Being unique, a group is used by one thread at a time.
extension SocketGroup: @unchecked Sendable {}
