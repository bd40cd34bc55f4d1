import CXDP

/// The frames of a worker: one area of memory, cut into frames of equal size, and a stack of those that are free.
///
/// Every frame is in one place at a time, and a table says in which. Each move checks the place that the frame comes
/// from, so that a frame which is released twice, or given to two rings, stops the program at once instead of
/// corrupting packets later. The table is a byte a frame, and stays in the cache.
///
/// Owned by one thread. The area is page-aligned and the frame size a power of two, as the kernel demands of UMEM.
@safe
struct FramePool: ~Copyable {
    /// Where a frame is; the case decides who may move it on.
    enum Place: UInt8 {
        case free
        case filling
        case held
        case transmitting
    }

    let frameSize: Int
    let frameCount: Int
    private(set) var freeCount: Int
    private(set) var heldCount = 0
    let area: UnsafeMutableRawPointer
    private let free: UnsafeMutablePointer<UInt32>
    private let places: UnsafeMutablePointer<UInt8>
    private let sizeShift: UInt64

    /// - Parameters:
    ///   - frameSize: 2048 or 4096 bytes.
    ///   - frameCount: at least 1.
    init(frameSize: Int, frameCount: Int) throws(SocketError) {
        precondition(frameSize == 2048 || frameSize == 4096, "a frame has 2048 or 4096 bytes")
        precondition(frameCount > 0 && frameCount <= Int(Int32.max), "at least one frame")
        guard let area = unsafe sp_memory_map(UInt64(frameSize * frameCount)) else {
            throw SocketError(step: .mapping(bytes: frameSize * frameCount), errno: .currentErrno)
        }
        unsafe self.area = area
        self.frameSize = frameSize
        self.frameCount = frameCount
        sizeShift = UInt64(frameSize.trailingZeroBitCount)
        freeCount = frameCount
        // Unsafe: both are allocated for frameCount elements here, initialised to the last, and freed in deinit.
        unsafe free = .allocate(capacity: frameCount)
        unsafe places = .allocate(capacity: frameCount)
        unsafe places.initialize(repeating: Place.free.rawValue, count: frameCount)
        for index in 0..<frameCount { unsafe free.advanced(by: index).initialize(to: UInt32(index)) }
    }

    deinit {
        unsafe sp_memory_unmap(area, UInt64(frameSize * frameCount))
        unsafe free.deallocate()
        unsafe places.deallocate()
    }

    /// Takes a free frame to `place`; nil if there is none.
    @_noLocks
    mutating func take(to place: Place) -> UInt32? {
        guard freeCount > 0 else { return nil }
        freeCount &-= 1
        // Unsafe: 0 <= freeCount < frameCount, the capacity of the stack.
        let index = unsafe free[freeCount]
        move(index, from: .free, to: place)
        return index
    }

    /// Gives a frame back from `place`.
    @_noLocks
    mutating func release(_ index: UInt32, from place: Place) {
        move(index, from: place, to: .free)
        // Unsafe: the table has just shown that the frame was not on the stack, so fewer than frameCount are.
        unsafe free[freeCount] = index
        freeCount &+= 1
    }

    /// Notes that a frame goes from one place to another.
    @_noLocks
    mutating func move(_ index: UInt32, from source: Place, to target: Place) {
        precondition(Int(index) < frameCount, "no such frame")
        // Unsafe: the index is within the table, which has frameCount elements.
        precondition(unsafe places[Int(index)] == source.rawValue, "a frame is used twice")
        unsafe places[Int(index)] = target.rawValue
        if source == .held { heldCount &-= 1 }
        if target == .held { heldCount &+= 1 }
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

    /// Frames by the table of places alone: what the counters must agree with.
    func census() -> FrameAccounting {
        var accounting = FrameAccounting()
        for index in 0..<frameCount {
            // Unsafe: within the table; only move(_:from:to:) writes it, and only cases.
            switch unsafe Place(rawValue: places[index])! {
            case .free: accounting.free += 1
            case .filling: accounting.filling += 1
            case .held: accounting.held += 1
            case .transmitting: accounting.transmitting += 1
            }
        }
        return accounting
    }
}
