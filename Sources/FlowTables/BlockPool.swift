import PlainMemory

/// Blocks of bytes of one size, for what a conversation has in flight. A conversation with nothing in flight holds
/// none, so that far fewer blocks than conversations do.
///
/// Invariant: a block has at most one holder, who gives it back; every access is checked against the block's size.
public struct BlockPool: ~Copyable {
    /// Octets in a block: more than a first flight of ten full segments (RFC 6928).
    @inlinable public static var blockSize: Int {
        @inline(__always) @_noLocks get { 16384 }
    }

    private var memory: Slots<UInt8>
    private var free: FreeList

    /// A pool of `count` blocks, all free.
    public init(count: Int) throws(TableError) {
        let memory = try Slots<UInt8>(count: count * BlockPool.blockSize)
        let free = try FreeList(count: count)
        self.memory = memory
        self.free = free
    }

    /// How many blocks are free.
    public var available: Int {
        @_noLocks get { free.available }
    }

    /// Takes a block, or nil when all are taken. Its bytes are those of its last holder.
    @_noLocks
    public mutating func take() -> Int? { free.take() }

    /// Gives a block back.
    @_noLocks
    public mutating func give(_ block: Int) { free.give(block) }

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
        let offset = check(block, 0..<BlockPool.blockSize)
        // Safe: as above, and the exclusive borrow of the pool keeps every other access away.
        return unsafe _overrideLifetime(
            MutableRawSpan(_unsafeStart: UnsafeMutableRawPointer(memory.base + offset), byteCount: BlockPool.blockSize),
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
        let blocks = memory.count / BlockPool.blockSize
        precondition(
            UInt(bitPattern: block) < UInt(bitPattern: blocks) && range.lowerBound >= 0
                && range.upperBound <= BlockPool.blockSize, "bytes out of range")
        return block &* BlockPool.blockSize &+ range.lowerBound
    }
}
