import PlainMemory

/// Blocks of bytes, for what a conversation has in flight. A conversation with nothing in flight holds none, so that
/// far fewer blocks than conversations do. There are two sizes: most messages fit into a small block, and few are
/// large.
///
/// Invariants: a block has at most one holder, who gives it back; every access is checked against the block's size;
/// the numbers of large blocks follow those of small ones.
public struct BlockPool: ~Copyable {
    /// Octets in a small block: more than a first flight of ten full segments (RFC 6928).
    @inlinable public static var blockSize: Int {
        @inline(__always) @_noLocks get { 16384 }
    }

    /// Octets in a large block: more than the largest message that a window without scaling lets through.
    @inlinable public static var largeSize: Int {
        @inline(__always) @_noLocks get { 81920 }
    }

    private var memory: Slots<UInt8>
    private var free: FreeList
    private var freeLarge: FreeList
    /// How many small blocks there are.
    private let count: Int
    private let largeCount: Int

    /// A pool of `count` small blocks, 1 or more, and so many large ones, all free.
    public init(count: Int, large: Int = 0) throws(TableError) {
        let memory = try Slots<UInt8>(count: count * BlockPool.blockSize + large * BlockPool.largeSize)
        let free = try FreeList(count: count)
        var freeLarge = try FreeList(count: max(1, large))
        // A list has room for one at least.
        if large == 0 { _ = freeLarge.take() }
        self.memory = memory
        self.free = free
        self.freeLarge = freeLarge
        self.count = count
        largeCount = large
    }

    /// How many small blocks are free.
    public var available: Int {
        @_noLocks get { free.available }
    }

    /// How many large blocks are free.
    public var availableLarge: Int {
        @_noLocks get { freeLarge.available }
    }

    /// Takes a small block, or nil when all are taken. Its bytes are those of its last holder.
    @_noLocks
    public mutating func take() -> Int? { free.take() }

    /// The same of a large one.
    @_noLocks
    public mutating func takeLarge() -> Int? {
        guard let block = freeLarge.take() else { return nil }
        return count &+ block
    }

    /// Gives a block back.
    @_noLocks
    public mutating func give(_ block: Int) {
        if block < count { free.give(block) } else { freeLarge.give(block &- count) }
    }

    /// Octets in a block.
    @inline(__always) @_noLocks
    private func size(of block: Int) -> Int { block < count ? BlockPool.blockSize : BlockPool.largeSize }

    /// Bytes of a block.
    ///
    /// Exempt from `@_noLocks`, and so must be whoever holds the span: without optimisation the compiler takes the end
    /// of a span's life for a possible deallocation, though a span is two words.
    @_semantics("no_performance_analysis") @_lifetime(borrow self)
    public func bytes(_ block: Int, _ range: Range<Int>) -> RawSpan {
        let offset = check(block, range)
        // Safe: `check` keeps the range within the block, and the span cannot outlive the pool that it borrows.
        return unsafe _overrideLifetime(
            RawSpan(_unsafeStart: UnsafeRawPointer(memory.base + offset), byteCount: range.count), borrowing: self)
    }

    /// A block, to be written to.
    @_noLocks @_lifetime(&self)
    public mutating func mutableBytes(_ block: Int) -> MutableRawSpan {
        let size = size(of: block)
        let offset = check(block, 0..<size)
        // Safe: as above, and the exclusive borrow of the pool keeps every other access away.
        return unsafe _overrideLifetime(
            MutableRawSpan(_unsafeStart: UnsafeMutableRawPointer(memory.base + offset), byteCount: size),
            mutating: &self)
    }

    /// Moves bytes from one block to another or within one; the ranges may overlap.
    @_noLocks
    public mutating func move(_ range: Range<Int>, of block: Int, to offset: Int, of other: Int) {
        let source = check(block, range)
        let target = check(other, offset..<offset &+ range.count)
        // Safe: both ranges lie within their blocks; copyMemory allows overlap.
        unsafe UnsafeMutableRawPointer(memory.base + target)
            .copyMemory(from: UnsafeRawPointer(memory.base + source), byteCount: range.count)
    }

    /// The offset in `memory` of a range of a block, which must lie within it.
    @inline(__always) @_noLocks
    private func check(_ block: Int, _ range: Range<Int>) -> Int {
        precondition(
            UInt(bitPattern: block) < UInt(bitPattern: count &+ largeCount) && range.lowerBound >= 0
                && range.upperBound <= size(of: block), "bytes out of range")
        guard block >= count else { return block &* BlockPool.blockSize &+ range.lowerBound }
        return count &* BlockPool.blockSize &+ (block &- count) &* BlockPool.largeSize &+ range.lowerBound
    }
}
