import CXDP
import FlowTables
import Glibc

/// All the AF_XDP sockets of all workers, on one user memory, and the rings between the workers: what one socket
/// receives another transmits without a copy, whichever workers have them.
///
/// Each (card, queue) has one socket, with a fill and a completion ring of its own, and each socket one worker, its
/// owner. Each worker has an equal share of the frames, their home: only the own share is filled into its sockets, and a
/// frame that another worker is done with goes back there.
///
/// The sockets close when this object and all groups have gone, all on the thread of the last: libxdp keeps count of a
/// user memory's sockets without a lock.
@safe
public final class SharedSockets {
    /// Sockets in all, in the order of the bindings. A socket's number, everywhere, is its place in that order.
    public let count: Int
    /// Workers that share them.
    public let workers: Int

    let memory: UserMemory
    let bindings: [SocketBinding]
    /// Where each socket is.
    let routes: UnsafeMutablePointer<SocketRoute>
    /// The sockets of each worker.
    let owned: UnsafeMutablePointer<OwnedSockets>
    let bells: UnsafeMutablePointer<Bell>
    /// `ring[sender * workers + receiver]`, as the next.
    let handOvers: UnsafeMutablePointer<HandOverRing<HandedOver>>
    let returns: FramePool.Returns
    private let wakeDescriptors: [Int32]
    private var taken: Set<Int> = []
    private var bellCount = 0

    /// Opens a socket for every binding, in the network namespace of the calling thread.
    ///
    /// - Parameters:
    ///   - bindings: one or more, no two alike; 65535 at most.
    ///   - owners: the worker of each binding.
    ///   - workers: how many there are, 8192 at most. One without a socket can have packets handed over to it, and
    ///     sends by the sockets of others.
    ///   - mode: `.zeroCopy` is a wish: where a queue cannot, all sockets are opened in copy mode. See ``mode(of:)``.
    ///   - wakeDescriptors: of each worker, a descriptor that is readable when its ``SocketGroup/wait(milliseconds:)``
    ///     is to return, an eventfd for example; -1: none. They remain the caller's.
    /// - Throws: the refusal; of copy mode, if both were tried.
    public static func open(
        _ bindings: [SocketBinding], owners: [Int], workers: Int, mode: SocketMode = .copy,
        settings: SocketSettings = SocketSettings(), wakeDescriptors: [Int32]
    ) throws(SocketError) -> SharedSockets {
        precondition(!bindings.isEmpty && Set(bindings).count == bindings.count, "one socket for each queue")
        precondition(bindings.count <= Int(UInt16.max), "more sockets than can be numbered")
        precondition(owners.count == bindings.count && owners.allSatisfy { 0..<workers ~= $0 }, "an owner for each")
        precondition(wakeDescriptors.count == workers, "a descriptor, or -1, for each worker")
        do throws(SocketError) {
            return try SharedSockets(bindings, owners, workers, mode, settings, wakeDescriptors)
        } catch {
            // Whatever a driver has against zero-copy, copy mode may do without its help.
            guard mode == .zeroCopy else { throw error }
            return try SharedSockets(bindings, owners, workers, .copy, settings, wakeDescriptors)
        }
    }

    private init(
        _ bindings: [SocketBinding], _ owners: [Int], _ workers: Int, _ mode: SocketMode, _ settings: SocketSettings,
        _ wakeDescriptors: [Int32]
    ) throws(SocketError) {
        let most = (0..<workers).map { worker in owners.count { $0 == worker } }.max()!
        let share = settings.frameCount(sockets: most, workers: workers)
        memory = try UserMemory(settings: settings, share: share, workers: workers, sockets: bindings.count)
        count = bindings.count
        self.workers = workers
        self.bindings = bindings
        self.wakeDescriptors = wakeDescriptors
        // Unsafe here and below: each array is allocated for as many elements as are then initialised, or counted as
        // they are; deinit, which also follows a throw from here on, takes down what is there.
        unsafe routes = .allocate(capacity: bindings.count)
        unsafe owned = .allocate(capacity: workers)
        unsafe bells = .allocate(capacity: workers)
        unsafe handOvers = .allocate(capacity: workers * workers)
        unsafe returns = .allocate(capacity: workers * workers)
        for worker in 0..<workers {
            unsafe (owned + worker).initialize(to: OwnedSockets(capacity: owners.count { $0 == worker }))
        }
        initializeRings(share: share)
        for _ in 0..<workers {
            unsafe (bells + bellCount).initialize(to: try Bell())
            bellCount += 1
        }
        for (number, owner) in owners.enumerated() {
            let socket = try Socket(bindings[number], number: number, mode: mode, memory: memory)
            unsafe (routes + number).initialize(to: SocketRoute(owner: owner, position: owned[owner].count))
            unsafe owned[owner].append(socket)
        }
    }

    /// A ring has room for what a socket may bring, and one of returns for all that may come; from a worker to itself
    /// there is none but in name.
    private func initializeRings(share: Int) {
        let room = 1 << (Int.bitWidth - (share - 1).leadingZeroBitCount)
        for sender in 0..<workers {
            for receiver in 0..<workers {
                let (ring, isUsed) = (sender * workers + receiver, sender != receiver)
                unsafe (handOvers + ring).initialize(
                    to: HandOverRing(capacity: isUsed ? memory.settings.ringSize : 1))
                unsafe (returns + ring).initialize(to: HandOverRing(capacity: isUsed ? room : 1))
            }
        }
    }

    deinit {
        unsafe owned.deinitialize(count: workers)
        unsafe bells.deinitialize(count: bellCount)
        unsafe handOvers.deinitialize(count: workers * workers)
        unsafe returns.deinitialize(count: workers * workers)
        unsafe owned.deallocate()
        unsafe bells.deallocate()
        unsafe handOvers.deallocate()
        unsafe returns.deallocate()
        unsafe routes.deallocate()
    }

    /// The group of a worker, once for each, with its fill rings filled. To be called on the thread that opened them.
    public func take(_ worker: Int) -> SocketGroup {
        precondition(0..<workers ~= worker && taken.insert(worker).inserted, "one group for each worker")
        return SocketGroup(self, worker: worker, wakeDescriptor: wakeDescriptors[worker])
    }

    /// A socket's descriptor, for the XDP program's socket map and for ``SocketStatistics``; valid while the sockets are.
    public func descriptor(of socket: Int) -> Int32 { reading(socket) { $0.descriptor } }

    /// How a socket's packets come and go, for the operator to see. All sockets have the first one's mode.
    public func mode(of socket: Int) -> SocketMode { reading(socket) { $0.mode } }

    private func reading<Value>(_ socket: Int, _ body: (borrowing Socket) -> Value) -> Value {
        precondition(0..<count ~= socket, "no such socket")
        // Unsafe: each route leads to a socket that is open, and what is read of it here never changes.
        return unsafe body(owned[routes[socket].owner].sockets[routes[socket].position])
    }

    /// Frames of all workers, wherever they are.
    public var frameCount: Int { memory.table.frameCount }

    /// Where the frames of all workers are, one by one, as the table of places has them: to be compared with the sum of
    /// what the groups account for, while no worker runs. Slow.
    public var census: FrameAccounting { memory.table.census() }
}

// Set up by one thread. What changes later belongs to the groups, each thread's own, or to rings and bells between them.
extension SharedSockets: @unchecked Sendable {}
