import FlowTables
import WireFormats

/// What one direction has in flight: bytes as the target will read them, until it has acknowledged them, and after
/// them bytes as the source sent them, about which nothing is decided yet.
///
/// Invariants: while there is a byte there is a block, of `size` bytes; `start + decided + held <= size`; the first
/// `decided` bytes never change any more, so every retransmission of them is the same; where nothing is decided, at
/// least `growthMax` bytes are free, so that what is held can always be replaced.
struct StreamBuffer: BitwiseCopyable {
    /// The block, or -1.
    private(set) var block: Int32 = -1
    private var start: Int32 = 0
    private var size = Int32(truncatingIfNeeded: BlockPool.blockSize)
    /// What it is filled with.
    let service: Service
    /// How many bytes the target will read.
    private(set) var decided = 0
    /// How many bytes wait for a decision.
    private(set) var held = 0

    /// An empty one, for a stream of a service.
    @_noLocks
    init(_ service: Service) { self.service = service }

    /// The most by which one replacement may be longer than what it replaces.
    private var growthMax: Int { @_noLocks get { service.growthMax } }

    /// How many more bytes of the source fit, if a block can be had.
    var room: Int { @_noLocks get { max(0, Int(size) &- growthMax &- decided &- held) } }

    /// Whether a replacement fits, however much it grows.
    var canGrow: Bool { @_noLocks get { Int(size) &- decided &- held >= growthMax } }

    /// Moves into a large block where a message may need it, and one is free: before the window becomes smaller than a
    /// few segments.
    @_noLocks
    mutating func enlarge(_ pool: inout BlockPool) {
        guard service.hasLargeMessages, block >= 0, size < BlockPool.largeSize, room < 4096 || !canGrow,
            let large = pool.takeLarge()
        else { return }
        pool.move(place(0, decided &+ held), of: Int(block), to: 0, of: large)
        pool.give(Int(block))
        block = Int32(truncatingIfNeeded: large)
        size = Int32(truncatingIfNeeded: BlockPool.largeSize)
        start = 0
    }

    /// Where the bytes `offset ..< offset + count` after the first stand in the block.
    @_noLocks
    func place(_ offset: Int, _ count: Int) -> Range<Int> {
        let first = Int(start) &+ offset
        return first..<first &+ count
    }

    /// Appends bytes to those held; how many were taken: fewer when the buffer is full, 0 when no block is free.
    @_noLocks
    mutating func append(_ bytes: borrowing RawSpan, _ range: Range<Int>, _ pool: inout BlockPool) -> Int {
        let count = makeRoom(range.count, &pool)
        guard count > 0 else { return 0 }
        var target = pool.mutableBytes(Int(block))
        target.copy(bytes, range.lowerBound..<range.lowerBound &+ count, to: Int(start) &+ decided &+ held)
        held &+= count
        return count
    }

    /// Appends bytes of another block to those held; how many were taken.
    @_noLocks
    mutating func append(_ range: Range<Int>, of other: Int, _ pool: inout BlockPool) -> Int {
        let count = makeRoom(range.count, &pool)
        guard count > 0 else { return 0 }
        pool.move(
            range.lowerBound..<range.lowerBound &+ count, of: other, to: Int(start) &+ decided &+ held, of: Int(block))
        held &+= count
        return count
    }

    /// How many of `count` more bytes can be appended, after making that possible.
    @_noLocks
    private mutating func makeRoom(_ count: Int, _ pool: inout BlockPool) -> Int {
        if block < 0 {
            guard let taken = pool.take() else { return 0 }
            block = Int32(truncatingIfNeeded: taken)
            start = 0
        }
        let count = min(count, room)
        if Int(start) &+ decided &+ held &+ count > Int(size) { compact(&pool) }
        return count
    }

    /// The bytes that wait for a decision.
    @_semantics("no_performance_analysis") @_lifetime(borrow pool)
    func heldBytes(_ pool: borrowing BlockPool) -> RawSpan { pool.bytes(Int(block), place(decided, held)) }

    /// Decides that the first bytes held go out as they are.
    @_noLocks
    mutating func pass(_ count: Int) {
        decided &+= count
        held &-= count
    }

    /// Decides that the first bytes held go out as others. The caller has seen that it `canGrow`.
    @_noLocks
    mutating func replace(_ count: Int, by bytes: borrowing RawSpan, _ length: Int, _ pool: inout BlockPool) {
        precondition(length &- count <= growthMax, "a replacement longer than agreed")
        let rest = held &- count
        if Int(start) &+ decided &+ length &+ rest > Int(size) { compact(&pool) }
        let first = Int(start) &+ decided
        pool.move(first &+ count..<first &+ held, of: Int(block), to: first &+ length, of: Int(block))
        var target = pool.mutableBytes(Int(block))
        target.copy(bytes, 0..<length, to: first)
        decided &+= length
        held = rest
    }

    /// Decides that other bytes go out before those held; false when there is no room for them.
    @_noLocks
    mutating func insert(_ bytes: borrowing RawSpan, _ pool: inout BlockPool) -> Bool {
        let length = bytes.byteCount
        guard makeRoom(length, &pool) == length else { return false }
        let first = Int(start) &+ decided
        pool.move(first..<first &+ held, of: Int(block), to: first &+ length, of: Int(block))
        var target = pool.mutableBytes(Int(block))
        target.copy(bytes, 0..<length, to: first)
        decided &+= length
        return true
    }

    /// Forgets the first bytes, which the target has acknowledged.
    @_noLocks
    mutating func drop(_ count: Int, _ pool: inout BlockPool) {
        decided &-= count
        start &+= Int32(truncatingIfNeeded: count)
        if decided &+ held == 0 { release(&pool) }
    }

    /// Forgets everything.
    @_noLocks
    mutating func release(_ pool: inout BlockPool) {
        if block >= 0 { pool.give(Int(block)) }
        self = StreamBuffer(service)
    }

    @_noLocks
    private mutating func compact(_ pool: inout BlockPool) {
        pool.move(place(0, decided &+ held), of: Int(block), to: 0, of: Int(block))
        start = 0
    }
}
