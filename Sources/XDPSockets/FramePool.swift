import CXDP
import FlowTables

/// The frames of one worker: its share of the table, which is their home, a stack of those that are free, and the rings
/// by which frames go home.
///
/// Invariants: the stack holds frames of the own share only. A ring of returns has room for every frame of the worker
/// that it leads to, so that it is never full.
///
/// Owned by one thread. The table and the rings must outlive it.
@safe
struct FramePool: ~Copyable {
    typealias Place = FrameTable.Place
    /// Numbers of frames that go home; `ring[sender * workers + home]`.
    typealias Returns = UnsafeMutablePointer<HandOverRing<UInt32>>

    let frameSize: Int
    let frameCount: Int
    let area: UnsafeMutableRawPointer
    private(set) var freeCount: Int
    private(set) var heldCount = 0
    /// Frames of other workers sent home.
    private(set) var sentHome: UInt64 = 0
    private let worker: Int
    private let workers: Int
    private let first: UInt32
    private let share: UInt32
    private let free: UnsafeMutablePointer<UInt32>
    private let places: UnsafeMutablePointer<UInt16>
    private let returns: Returns
    private let sizeShift: UInt64

    /// The share of one of `workers` workers, all of it free.
    init(table: borrowing FrameTable, worker: Int, workers: Int, returns: Returns) {
        frameSize = table.frameSize
        frameCount = table.frameCount
        unsafe area = table.area
        unsafe places = table.places
        unsafe self.returns = returns
        sizeShift = UInt64(table.frameSize.trailingZeroBitCount)
        let share = table.frameCount / workers
        self.worker = worker
        self.workers = workers
        self.share = UInt32(share)
        first = UInt32(share * worker)
        freeCount = share
        // Unsafe: allocated for a share here, initialised to the last, and freed in deinit.
        unsafe free = .allocate(capacity: share)
        for position in 0..<share { unsafe free.advanced(by: position).initialize(to: first + UInt32(position)) }
    }

    deinit { unsafe free.deallocate() }

    /// Takes a free frame to `place`; nil if there is none.
    @_noLocks
    mutating func take(to place: Place) -> UInt32? {
        guard freeCount > 0 else { return nil }
        freeCount &-= 1
        // Unsafe: 0 <= freeCount < share, the capacity of the stack.
        let index = unsafe free[freeCount]
        move(index, from: .free, to: place)
        return index
    }

    /// Gives a frame back from `place`: frees it, or sends it home.
    @_noLocks
    mutating func release(_ index: UInt32, from place: Place) {
        guard index &- first < share else { return sendHome(index, from: place) }
        move(index, from: place, to: .free)
        push(index)
    }

    @_noLocks
    private mutating func push(_ index: UInt32) {
        // Unsafe: the table has just shown that the frame, one of the share, was not on the stack: there is room.
        unsafe free[freeCount] = index
        freeCount &+= 1
    }

    @_noLocks
    private mutating func sendHome(_ index: UInt32, from place: Place) {
        move(index, from: place, to: .returning)
        sentHome &+= 1
        // Unsafe: the index is that of a frame, which move has checked, so the home is a worker.
        let isPut = unsafe returns[worker &* workers &+ Int(index / share)].put(index)
        precondition(isPut, "more frames on their way home than live there")
    }

    /// Shows a worker the frames that go home to it.
    /// - Returns: whether there were any since the last time.
    @_noLocks
    func publish(to home: Int) -> Bool {
        unsafe returns[worker &* workers &+ home].publish()
    }

    /// Takes in the frames that have come home.
    @_noLocks
    mutating func welcome() {
        for sender in 0..<workers where sender != worker {
            // Unsafe: the ring of a worker to this one.
            let count = unsafe returns[sender &* workers &+ worker].arrived(most: Int(share))
            guard count > 0 else { continue }
            for position in 0..<count {
                let index = unsafe returns[sender &* workers &+ worker].element(position)
                adopt(index, from: .returning, of: sender, to: .free)
                push(index)
            }
            unsafe returns[sender &* workers &+ worker].remove(count)
        }
    }

    /// Whether frames have come home that are not taken in yet.
    @_noLocks
    func hasReturns() -> Bool {
        for sender in 0..<workers where sender != worker {
            if unsafe !returns[sender &* workers &+ worker].isEmpty() { return true }
        }
        return false
    }

    /// Frames sent home and not taken in there yet.
    var returning: Int {
        var sum = 0
        // Unsafe: the rings of this worker to the others.
        for home in 0..<workers { sum += unsafe returns[worker * workers + home].underWay }
        return sum
    }

    /// Notes that a frame of this worker's goes from one place to another.
    @_noLocks
    mutating func move(_ index: UInt32, from source: Place, to target: Place) {
        exchange(index, FrameTable.entry(source, of: worker), for: FrameTable.entry(target, of: worker))
        if source == .held { heldCount &-= 1 }
        if target == .held { heldCount &+= 1 }
    }

    /// Notes that a frame comes into this worker's hands, out of a ring.
    @_noLocks
    mutating func adopt(_ index: UInt32, from source: Place, of sender: Int, to target: Place) {
        exchange(index, FrameTable.entry(source, of: sender), for: FrameTable.entry(target, of: worker))
        if target == .held { heldCount &+= 1 }
    }

    @_noLocks
    private mutating func exchange(_ index: UInt32, _ old: UInt16, for new: UInt16) {
        precondition(Int(index) < frameCount, "no such frame")
        // Unsafe: the index is within the table, which has frameCount elements.
        precondition(unsafe places[Int(index)] == old, "a frame is used twice")
        unsafe places[Int(index)] = new
    }

    /// The frame that contains an address of the kernel's, which counts from the beginning of the area.
    @_noLocks
    func index(at address: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: address &>> sizeShift) }

    /// Where the frame begins, as the kernel counts.
    @_noLocks
    func address(of index: UInt32) -> UInt64 { UInt64(index) &<< sizeShift }

    /// The packet that the kernel describes by address and length.
    @_noLocks
    func frame(at address: UInt64, length: UInt32) -> Frame {
        Frame(
            index: index(at: address), start: UInt16(truncatingIfNeeded: address & UInt64(frameSize &- 1)),
            length: UInt16(truncatingIfNeeded: length))
    }
}
