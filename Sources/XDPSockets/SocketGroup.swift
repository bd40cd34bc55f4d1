import CXDP
import FlowTables
import Glibc
import PlainMemory

/// The AF_XDP sockets of one worker, its share of the frames, and its ends of the rings to and from other workers.
///
/// The worker's loop is, in this order:
///
///     group.reclaim()                                    // sent frames come back, others come home
///     group.refill()                                     // free frames go to the kernel
///     while group.receive(into: &batch) > 0 { ... }      // each packet: transmit, release, handOver, or kept
///     while group.receiveHandedOver(into: &batch) > 0 { ... }    // likewise
///     group.flush()                                      // one kick and one publication for all of it
///     try group.wait(milliseconds: ...)                  // only when there was nothing to do
///
/// Invariant: every frame in this worker's hands is in one of the places of ``FrameAccounting``, and `accounting` equals
/// `census` between any two calls, while no other worker runs.
///
/// Owned by one thread at a time. Before it goes away its sockets must have been taken out of the XDP program's reach
/// (detach first), or packets are lost that could have passed.
@safe
public struct SocketGroup: ~Copyable {
    /// Sockets of all workers; a socket's number, below, is less than this.
    public let count: Int
    /// Which worker this is, from 0.
    public let worker: Int
    /// How many workers share the sockets.
    public let workers: Int

    /// Keeps alive what the pointers below lead to.
    private let shared: SharedSockets
    private var pool: FramePool
    private let sockets: UnsafeMutablePointer<Socket>
    private let ownCount: Int
    private let routes: UnsafeMutablePointer<SocketRoute>
    private let handOvers: UnsafeMutablePointer<HandOverRing<HandedOver>>
    private let bells: UnsafeMutablePointer<Bell>
    /// The descriptors of the own sockets, the bell's and the caller's.
    private let polled: UnsafeMutablePointer<pollfd>
    /// Where the next receive looks first: among the own sockets, and among the workers.
    private var next = 0
    private var nextSender = 0
    private var counted = HandOverCounters()
    private let inPlace = InPlace()

    /// The longest sleep, in milliseconds, while packets are in transmission: no event tells that they have been sent,
    /// and their frames may be missed at home.
    private static var transmittingSleepMax: Int32 { 10 }

    /// Opens the sockets of one worker that has all of them. See ``SharedSockets/open(_:owners:workers:mode:settings:wakeDescriptors:)``.
    public static func open(
        _ bindings: [SocketBinding], mode: SocketMode = .copy, settings: SocketSettings = SocketSettings(),
        wakeDescriptor: Int32 = -1
    ) throws(SocketError) -> SocketGroup {
        try SharedSockets.open(
            bindings, owners: bindings.map { _ in 0 }, workers: 1, mode: mode, settings: settings,
            wakeDescriptors: [wakeDescriptor]
        ).take(0)
    }

    init(_ shared: SharedSockets, worker: Int, wakeDescriptor: Int32) {
        self.shared = shared
        self.worker = worker
        count = shared.count
        workers = shared.workers
        // Unsafe here and below: `shared` keeps them alive; `ownCount` sockets, one for each worker of the others, and
        // `ownCount` descriptors and two more are there and used; `polled` is freed in deinit.
        pool = unsafe FramePool(
            table: shared.memory.table, worker: worker, workers: shared.workers, returns: shared.returns)
        unsafe sockets = shared.owned[worker].sockets
        ownCount = unsafe shared.owned[worker].count
        unsafe routes = shared.routes
        unsafe handOvers = shared.handOvers
        unsafe bells = shared.bells
        unsafe polled = .allocate(capacity: ownCount + 2)
        // Here and below by way of a variable: the thread sanitizer's compiler does not take `sockets[position].refill()`.
        for position in 0..<ownCount { unsafe poll(sockets[position].descriptor, at: position) }
        unsafe poll(bells[worker].event, at: ownCount)
        poll(wakeDescriptor, at: ownCount + 1)
        refill()
    }

    deinit { unsafe polled.deallocate() }

    private func poll(_ descriptor: Int32, at position: Int) {
        unsafe polled.advanced(by: position).initialize(to: pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }

    // MARK: Frames come in

    /// Takes the frames back that have been sent, or that others were done with.
    @_noLocks
    public mutating func reclaim() {
        for position in 0..<ownCount {
            let socket = unsafe sockets + position
            unsafe socket.pointee.reclaim(into: &pool)
        }
        pool.welcome()
    }

    /// Gives free frames to the kernel to receive into.
    @_noLocks
    public mutating func refill() {
        for position in 0..<ownCount {
            let socket = unsafe sockets + position
            unsafe socket.pointee.refill(from: &pool)
        }
    }

    /// Takes the packets of one own socket, up to a batch; the sockets take turns.
    /// - Returns: the number of packets; 0 when no socket has any.
    @_noLocks
    public mutating func receive(into batch: inout Batch) -> Int {
        batch.removeAll()
        for _ in 0..<ownCount {
            let socket = unsafe sockets + next
            next = next &+ 1 == ownCount ? 0 : next &+ 1
            unsafe socket.pointee.receive(into: &batch, pool: &pool)
            if batch.count > 0 { break }
        }
        return batch.count
    }

    /// Takes the packets that one other worker has handed over, up to a batch; the workers take turns. What they have
    /// handed over to be transmitted by an own socket is, at the next flush.
    /// - Returns: the number of packets; 0 when there are none.
    @_noLocks
    public mutating func receiveHandedOver(into batch: inout Batch) -> Int {
        batch.removeAll()
        for _ in 0..<workers {
            let sender = nextSender
            nextSender = sender &+ 1 == workers ? 0 : sender &+ 1
            if sender == worker { continue }
            takeOver(from: sender, into: &batch)
            if batch.count > 0 { break }
        }
        return batch.count
    }

    @_noLocks
    private mutating func takeOver(from sender: Int, into batch: inout Batch) {
        let ring = sender &* workers &+ worker
        while batch.count == 0 {
            let arrived = unsafe handOvers[ring].arrived(most: Batch.capacity)
            guard arrived > 0 else { return }
            for position in 0..<arrived {
                let packet = unsafe handOvers[ring].element(position)
                pool.adopt(packet.frame.index, from: .handedOver, of: sender, to: .held)
                if packet.isOutgoing {
                    transmit(packet.frame, on: Int(packet.socket))
                } else {
                    unsafe sp_prefetch(pointer(to: packet.frame))
                    batch.append(packet.frame, socket: packet.socket)
                }
            }
            unsafe handOvers[ring].remove(arrived)
            counted.takenOver &+= UInt64(arrived)
        }
    }

    // MARK: Packets in hand

    /// A free frame for a packet of the worker's own, empty, with ``Frame/headroom`` before it; nil when none is free.
    @_noLocks
    public mutating func allocate() -> Frame? {
        guard let index = pool.take(to: .held) else { return nil }
        return Frame(index: index, start: Frame.headroom, length: 0)
    }

    /// The bytes of a held frame's packet.
    @_lifetime(&self) @_noLocks
    public mutating func bytes(of frame: Frame) -> MutableRawSpan {
        precondition(
            Int(frame.index) < pool.frameCount && Int(frame.start) &+ Int(frame.length) <= pool.frameSize,
            "a packet outside its frame")
        // Unsafe: the bytes lie within the area, which lives as long as the group; nothing else touches a held frame.
        let span = unsafe MutableRawSpan(_unsafeStart: pointer(to: frame), byteCount: Int(frame.length))
        return unsafe _overrideLifetime(span, mutating: &self)
    }

    /// Where a held frame's packet begins. `frame.start` bytes before it are the frame's, and
    /// ``frameSize`` less `frame.start` from it on.
    @unsafe @_noLocks
    public func pointer(to frame: Frame) -> UnsafeMutableRawPointer {
        unsafe pool.area + (Int(pool.address(of: frame.index)) &+ Int(frame.start))
    }

    /// Bytes of a frame, a power of two.
    public var frameSize: Int {
        @_noLocks get { pool.frameSize }
    }

    // MARK: Packets go out

    /// Gives a held frame back, wherever its home is: its packet is dropped, or has never been one.
    @_noLocks
    public mutating func release(_ frame: Frame) {
        pool.release(frame.index, from: .held)
    }

    /// Puts a held frame's packet into a socket's transmit ring; it leaves at the next flush. The frame is the
    /// caller's no longer, sent or not. By a socket of another worker it goes through that worker, which costs about as
    /// much as a hand-over; see ``sockets(in:)``.
    ///
    /// - Parameters:
    ///   - frame: with `length > 0`.
    ///   - socket: from 0 to `count` less one, whichever the packet came by.
    /// - Returns: whether it was put; if not, it is dropped, and counted in ``SocketCounters/dropTransmitRingFull`` or
    ///   ``HandOverCounters/dropHandOverFull``.
    @_noLocks @discardableResult
    public mutating func transmit(_ frame: Frame, on socket: Int) -> Bool {
        precondition(socket >= 0 && socket < count, "no such socket")
        let route = unsafe routes[socket]
        if route.owner == worker {
            let socket = unsafe sockets + route.position
            return unsafe socket.pointee.transmit(frame, pool: &pool)
        }
        guard put(HandedOver(frame: frame, socket: socket, isOutgoing: true), to: route.owner) else { return false }
        counted.passedOut &+= 1
        return true
    }

    /// Gives a held frame's packet to another worker to handle, which learns of it at the next flush. The frame is the
    /// caller's no longer, given or not.
    ///
    /// - Parameters:
    ///   - frame: as it was received, or changed.
    ///   - socket: the one that it came by.
    ///   - receiver: another worker.
    /// - Returns: whether it was given; if not, it is dropped, and counted in ``HandOverCounters/dropHandOverFull``.
    @_noLocks @discardableResult
    public mutating func handOver(_ frame: Frame, socket: Int, to receiver: Int) -> Bool {
        precondition(receiver >= 0 && receiver < workers && receiver != worker, "no such other worker")
        guard put(HandedOver(frame: frame, socket: socket, isOutgoing: false), to: receiver) else { return false }
        counted.handedOver &+= 1
        return true
    }

    @_noLocks
    private mutating func put(_ packet: HandedOver, to receiver: Int) -> Bool {
        guard unsafe handOvers[worker &* workers &+ receiver].put(packet) else {
            counted.dropHandOverFull &+= 1
            pool.release(packet.frame.index, from: .held)
            return false
        }
        pool.move(packet.frame.index, from: .held, to: .handedOver)
        return true
    }

    /// Has everything sent that was transmitted, and shown to the other workers what is for them. A worker that sleeps
    /// is woken for it, once.
    @_noLocks
    public mutating func flush() {
        publish()
        for position in 0..<ownCount {
            let socket = unsafe sockets + position
            unsafe socket.pointee.flush()
        }
    }

    @_noLocks
    private mutating func publish() {
        for receiver in 0..<workers where receiver != worker {
            let packets = unsafe handOvers[worker &* workers &+ receiver].publish()
            let frames = pool.publish(to: receiver)
            if !packets && !frames { continue }
            if unsafe bells[receiver].ring(packets: packets) { counted.wakes &+= 1 }
        }
    }

    // MARK: Rest

    /// Sleeps until a packet arrives or is handed over, the caller's descriptor is readable, or time is up.
    /// - Parameter milliseconds: 0 does not sleep, -1 has no limit.
    /// - Returns: whether there is something to do.
    /// - Throws: as ``check()``, which it does when nothing has arrived.
    public mutating func wait(milliseconds: Int32) throws(SocketError) -> Bool {
        publish()
        unsafe bells[worker].lieDown(hungry: pool.freeCount == 0)
        guard !hasArrivals else {
            unsafe bells[worker].getUp()
            return true
        }
        let ready = unsafe sp_poll(polled, UInt32(ownCount + 2), sleep(atMost: milliseconds))
        unsafe bells[worker].getUp()
        if unsafe polled[ownCount].revents != 0 { unsafe bells[worker].clear() }
        let broken = Int16(POLLERR | POLLHUP | POLLNVAL)
        let isBroken = (0..<ownCount).contains { unsafe polled[$0].revents & broken != 0 }
        if ready <= 0 || isBroken { try check() }
        return ready > 0
    }

    private var hasArrivals: Bool {
        for sender in 0..<workers where sender != worker {
            if unsafe !handOvers[sender * workers + worker].isEmpty() { return true }
        }
        return pool.freeCount == 0 && pool.hasReturns()
    }

    private func sleep(atMost milliseconds: Int32) -> Int32 {
        guard workers > 1, (0..<ownCount).contains(where: { unsafe sockets[$0].transmitting > 0 }) else {
            return milliseconds
        }
        let most = Self.transmittingSleepMax
        return milliseconds < 0 ? most : min(milliseconds, most)
    }

    /// Asks whether all own sockets still work. A system call each: for once a second, since a worker that is busy does
    /// not wait.
    /// - Throws: the first that does not, because its interface has gone.
    public func check() throws(SocketError) {
        for socket in ownSockets {
            // Unsafe: the route of an own socket leads to its position.
            let error = unsafe sp_socket_error(sockets[routes[socket].position].descriptor)
            guard error == 0 else { throw SocketError(step: .serving(shared.bindings[socket]), errno: error) }
        }
    }

    // MARK: What there is

    /// The numbers of this worker's sockets, ascending.
    public var ownSockets: [Int] { (0..<count).filter { unsafe routes[$0].owner == worker } }

    /// The sockets of a card that this worker is to transmit by: its own, or where it has none, because the card has
    /// fewer queues than there are workers, all of them, by way of their owners.
    public func sockets(in card: Range<Int>) -> [Int] {
        let own = ownSockets.filter(card.contains)
        return own.isEmpty ? Array(card) : own
    }

    /// A socket's descriptor; see ``SharedSockets/descriptor(of:)``.
    public func descriptor(of socket: Int) -> Int32 { shared.descriptor(of: socket) }

    /// How a socket's packets come and go; see ``SharedSockets/mode(of:)``.
    public func mode(of socket: Int) -> SocketMode { shared.mode(of: socket) }

    /// What an own socket has done so far.
    @_noLocks
    public func counters(of socket: Int) -> SocketCounters {
        precondition(socket >= 0 && socket < count, "no such socket")
        let route = unsafe routes[socket]
        precondition(route.owner == worker, "another worker's socket")
        return unsafe sockets[route.position].counters
    }

    /// What this worker has handed over and taken over so far.
    public var handOverCounters: HandOverCounters {
        @_noLocks get {
            var counters = counted
            counters.sentHome = pool.sentHome
            return counters
        }
    }

    /// Where the frames in this worker's hands are, as the sockets, the rings and the pool count them while they work.
    public var accounting: FrameAccounting {
        var accounting = FrameAccounting(free: pool.freeCount, held: pool.heldCount)
        for position in 0..<ownCount {
            accounting.filling += unsafe sockets[position].filling
            accounting.transmitting += unsafe sockets[position].transmitting
        }
        for receiver in 0..<workers {
            accounting.handedOver += unsafe handOvers[worker * workers + receiver].underWay
        }
        accounting.returning = pool.returning
        return accounting
    }

    /// Where the frames in this worker's hands are, one by one, as the table of places has them. Slow.
    public var census: FrameAccounting { shared.memory.table.census(of: worker) }

    /// Frames of all workers, wherever they are; see ``SharedSockets/frameCount``.
    public var frameCount: Int { pool.frameCount }
}

// The worker's thread is not the one that opens the group. Being unique, a group is used by one thread at a time.
extension SocketGroup: @unchecked Sendable {}
