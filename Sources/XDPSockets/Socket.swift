import CXDP
import Glibc

/// One AF_XDP socket: a queue of an interface, with four rings between this program and the kernel.
///
///     fill        frames to receive into      refill  ->  kernel
///     receive     packets                     kernel  ->  receive
///     transmit    packets                     transmit, flush  ->  kernel
///     completion  frames sent                 kernel  ->  reclaim
///
/// Every ring has one producer and one consumer; this side of all four belongs to the worker's thread. The kernel
/// gives back each frame once: from the fill ring through the receive ring, from transmit through completion. A fill
/// ring left empty makes some drivers spin, so sockets that only transmit have theirs filled too.
@safe
struct Socket: ~Copyable {
    let descriptor: Int32
    /// Its number among those of all workers.
    let number: UInt16
    /// As the kernel says (XDP_OPTIONS).
    let mode: SocketMode
    private(set) var counters = SocketCounters()
    /// Frames in the fill ring, or on their way through the kernel to the receive ring.
    private(set) var filling = 0
    /// Frames in the transmit ring, or on their way through the kernel to the completion ring.
    private(set) var transmitting = 0
    /// Descriptors written into the transmit ring, which the kernel does not see before flush.
    private var staged: UInt32 = 0
    /// Whether a receive that finds nothing is to run the driver.
    private let isBusyPolled: Bool
    private let rings: UnsafeMutablePointer<sp_rings>
    private let handle: OpaquePointer

    /// Opens the socket. `memory` must outlive it.
    init(
        _ binding: SocketBinding, number: Int, mode: SocketMode, memory: borrowing UserMemory
    ) throws(SocketError) {
        let rings = unsafe memory.rings(of: number)
        let handle = try unsafe Self.bind(binding, mode: mode, memory: memory, rings: rings)
        let descriptor = unsafe xsk_socket__fd(handle)
        if let polling = memory.settings.busyPolling {
            let result = sp_socket_poll_busily(descriptor, polling.microseconds, polling.budget)
            guard result == 0 else {
                unsafe xsk_socket__delete(handle)
                throw SocketError(step: .busyPolling(binding), errno: -result)
            }
        }
        unsafe self.handle = handle
        unsafe self.rings = rings
        self.descriptor = descriptor
        self.number = UInt16(number)
        self.mode = sp_socket_is_zero_copy(descriptor) == 1 ? .zeroCopy : .copy
        isBusyPolled = memory.settings.busyPolling != nil
    }

    /// The kernel frees a queue some time after its socket is closed, in a work item (xp_put_pool in
    /// net/xdp/xsk_buff_pool.c). So that a gateway can be restarted at once, a queue that is busy is tried for a
    /// second.
    private static func bind(
        _ binding: SocketBinding, mode: SocketMode, memory: borrowing UserMemory,
        rings: UnsafeMutablePointer<sp_rings>
    ) throws(SocketError) -> OpaquePointer {
        var handle: OpaquePointer?
        var result: Int32 = 0
        for _ in 0..<100 {
            // Unsafe: libxdp writes the handle, and keeps the addresses of memory and rings, which do not move.
            result = unsafe sp_socket_open(
                &handle, binding.interface, binding.queue, memory.handle, UInt32(memory.settings.ringSize),
                mode.bindFlag, rings)
            guard result == -EBUSY else { break }
            usleep(10_000)
        }
        guard result == 0, let handle = unsafe handle else {
            throw SocketError(step: .binding(binding, mode), errno: -result)
        }
        return unsafe handle
    }

    deinit {
        unsafe xsk_socket__delete(handle)
    }

    // All `unsafe` below: the rings live as long as the socket, and each index comes from a peek or a reservation of
    // the same ring, which libxdp masks to the ring's size.

    /// Gives free frames to the kernel until the fill ring is full.
    @_noLocks
    mutating func refill(from pool: inout FramePool) {
        let room = unsafe sp_fill_room(rings)
        guard room > 0 else { return }
        let count = UInt32(min(Int(room), pool.freeCount))
        if count < room { counters.fillStarved &+= 1 }
        var slot: UInt32 = 0
        guard count > 0, unsafe sp_fill_reserve(rings, count, &slot) == count else { return }
        for _ in 0..<count {
            let index = pool.take(to: .filling)!  // There are at least `count`.
            unsafe sp_fill_put(rings, slot, pool.address(of: index))
            slot &+= 1
        }
        unsafe sp_fill_submit(rings, count)
        filling &+= Int(count)
        if unsafe sp_fill_needs_wakeup(rings) { _ = sp_kick_fill(descriptor) }
    }

    /// Takes up to a batch of packets from the receive ring into an empty batch.
    @_noLocks
    mutating func receive(into batch: inout Batch, pool: inout FramePool) {
        var slot: UInt32 = 0
        let count = unsafe sp_receive_peek(rings, UInt32(Batch.capacity), &slot)
        guard count > 0 else {
            if isBusyPolled { _ = sp_kick_fill(descriptor) }
            return
        }
        for _ in 0..<count {
            let descriptor = unsafe sp_receive_at(rings, slot)
            let frame = pool.frame(at: descriptor.addr, length: descriptor.len)
            pool.move(frame.index, from: .filling, to: .held)
            unsafe sp_prefetch(pool.area + Int(descriptor.addr))
            batch.append(frame, socket: number)
            slot &+= 1
        }
        unsafe sp_receive_release(rings, count)
        filling &-= Int(count)
        counters.received &+= UInt64(count)
    }

    /// Puts a packet into the transmit ring, to leave at the next flush. When the ring is full, flushes first; when
    /// that does not help, drops the packet and counts it. Either way the frame is no longer the caller's.
    @_noLocks
    mutating func transmit(_ frame: Frame, pool: inout FramePool) -> Bool {
        precondition(
            frame.length > 0 && Int(frame.start) &+ Int(frame.length) <= pool.frameSize, "a packet outside its frame")
        var slot: UInt32 = 0
        var reserved = unsafe sp_transmit_reserve(rings, &slot)
        if !reserved {
            flush()
            reserved = unsafe sp_transmit_reserve(rings, &slot)
        }
        guard reserved else {
            counters.dropTransmitRingFull &+= 1
            pool.release(frame.index, from: .held)
            return false
        }
        pool.move(frame.index, from: .held, to: .transmitting)
        let address = pool.address(of: frame.index) &+ UInt64(frame.start)
        unsafe sp_transmit_put(rings, slot, address, UInt32(frame.length))
        staged &+= 1
        transmitting &+= 1
        counters.transmitted &+= 1
        return true
    }

    /// Shows the kernel what transmit has put into the ring, and has it sent.
    ///
    /// In copy mode nothing leaves but by a kick, and a kick sends 32 packets (TX_BATCH_SIZE in net/xdp/xsk.c) or
    /// stops early when a queue is full: so as long as a kick takes packets from the ring, another follows. What a
    /// stalled kick leaves goes with the next flush, also when there is nothing new.
    @_noLocks
    mutating func flush() {
        if staged > 0 {
            unsafe sp_transmit_submit(rings, staged)
            staged = 0
        }
        var pending = unsafe sp_transmit_pending(rings)
        while pending > 0, unsafe sp_transmit_needs_wakeup(rings) {
            kick()
            guard case .copy = mode else { return }
            let left = unsafe sp_transmit_pending(rings)
            if left == pending {
                counters.kicksStalled &+= 1
                return
            }
            pending = left
        }
    }

    /// EAGAIN: more than 32 packets, or no buffer for now. EBUSY: a packet was sent and lost on the way. ENOBUFS: the
    /// driver's ring is full for now. None of them is worth a count of its own; anything else is.
    @_noLocks
    private mutating func kick() {
        counters.kicks &+= 1
        switch -sp_kick_transmit(descriptor) {
        case 0, EAGAIN, EBUSY, ENOBUFS: break
        default: counters.kicksRefused &+= 1
        }
    }

    /// Gives the frames of the completion ring back to the pool.
    @_noLocks
    mutating func reclaim(into pool: inout FramePool) {
        guard transmitting > 0 else { return }
        var slot: UInt32 = 0
        let count = unsafe sp_completion_peek(rings, UInt32(truncatingIfNeeded: transmitting), &slot)
        guard count > 0 else { return }
        for _ in 0..<count {
            let address = unsafe sp_completion_at(rings, slot)
            pool.release(pool.index(at: address), from: .transmitting)
            slot &+= 1
        }
        unsafe sp_completion_release(rings, count)
        transmitting &-= Int(count)
        counters.completed &+= UInt64(count)
    }
}
