import Synchronization

/// A queue of fixed size from one thread to another, without locks: one thread puts and publishes, one other looks and
/// removes.
///
/// What was put is seen by the receiver after the next ``publish()``, so that a batch costs one release store. Either
/// side remembers how far the other was when it last looked, and looks again only when that does not suffice.
///
/// Invariants: `removed <= published <= put <= removed + capacity`, as numbers that wrap at 2^32; slots from `removed`
/// to `put` are the elements under way. `published` is written by the sender only, `removed` by the receiver only, each
/// with release; the other side's acquire makes everything before it visible, also what the elements stand for.
/// (The type is generic: `@_noLocks` is proved where it is used.)
@safe
public struct HandOverRing<Element: BitwiseCopyable>: ~Copyable {
    /// How many elements it holds at most: a power of two.
    public let capacity: Int
    /// The fields of ``RingLine``, then the slots.
    @usableFromInline let memory: UnsafeMutableRawPointer

    /// An empty ring.
    /// - Parameter capacity: a power of two, at most 2^31.
    public init(capacity: Int) {
        precondition(capacity > 0 && capacity <= 1 << 31 && capacity.nonzeroBitCount == 1, "capacity: a power of two")
        self.capacity = capacity
        // Safe: all fields lie within the allocation and are initialised here; slots are written before they are read.
        // Everything in it is bitwise copyable or atomic, so that nothing but the memory has to go in deinit.
        unsafe memory = .allocate(
            byteCount: RingLine.slots + capacity * MemoryLayout<Element>.stride, alignment: 128)
        unsafe (memory + RingLine.published).initializeMemory(as: UInt32.self, to: 0)
        unsafe (memory + RingLine.removed).initializeMemory(as: UInt32.self, to: 0)
        unsafe (memory + RingLine.sender).initializeMemory(as: RingEnd.self, to: RingEnd())
        unsafe (memory + RingLine.receiver).initializeMemory(as: RingEnd.self, to: RingEnd())
        unsafe (memory + RingLine.slots).bindMemory(to: Element.self, capacity: capacity)
    }

    deinit { unsafe memory.deallocate() }

    // Unsafe below: each pointer leads to a field that init made; `Atomic<UInt32>` has the layout of UInt32.

    @inlinable var published: UnsafeMutablePointer<Atomic<UInt32>> {
        @inline(__always) get { unsafe (memory + RingLine.published).assumingMemoryBound(to: Atomic<UInt32>.self) }
    }

    @inlinable var removed: UnsafeMutablePointer<Atomic<UInt32>> {
        @inline(__always) get { unsafe (memory + RingLine.removed).assumingMemoryBound(to: Atomic<UInt32>.self) }
    }

    @inlinable var sender: UnsafeMutablePointer<RingEnd> {
        @inline(__always) get { unsafe (memory + RingLine.sender).assumingMemoryBound(to: RingEnd.self) }
    }

    @inlinable var receiver: UnsafeMutablePointer<RingEnd> {
        @inline(__always) get { unsafe (memory + RingLine.receiver).assumingMemoryBound(to: RingEnd.self) }
    }

    /// The slot of a running number.
    @inlinable @inline(__always)
    func slot(_ number: UInt32) -> UnsafeMutablePointer<Element> {
        let slots = unsafe (memory + RingLine.slots).assumingMemoryBound(to: Element.self)
        return unsafe slots + Int(number & UInt32(truncatingIfNeeded: capacity &- 1))
    }

    // MARK: The sender's thread

    /// Puts an element in; the receiver sees it after the next publish.
    /// - Returns: false when the ring is full; it is for the caller to count that.
    @inlinable @inline(__always)
    public func put(_ element: Element) -> Bool {
        let full = UInt32(truncatingIfNeeded: capacity)
        if unsafe sender.pointee.own &- sender.pointee.other == full {
            unsafe sender.pointee.other = removed.pointee.load(ordering: .acquiring)
            if unsafe sender.pointee.own &- sender.pointee.other == full { return false }
        }
        unsafe slot(sender.pointee.own).pointee = element
        unsafe sender.pointee.own &+= 1
        return true
    }

    /// Shows the receiver what has been put since the last time.
    /// - Returns: whether there was anything.
    @inlinable @inline(__always)
    public func publish() -> Bool {
        let put = unsafe sender.pointee.own
        guard unsafe published.pointee.load(ordering: .relaxed) != put else { return false }
        unsafe published.pointee.store(put, ordering: .releasing)
        return true
    }

    /// Elements put and not removed yet, published or not.
    public var underWay: Int { unsafe Int(sender.pointee.own &- removed.pointee.load(ordering: .acquiring)) }

    // MARK: The receiver's thread

    /// How many elements have arrived, `most` at most. They stay where they are until removed.
    @inlinable @inline(__always)
    public func arrived(most: Int) -> Int {
        if unsafe receiver.pointee.other == receiver.pointee.own {
            unsafe receiver.pointee.other = published.pointee.load(ordering: .acquiring)
        }
        return unsafe min(Int(receiver.pointee.other &- receiver.pointee.own), most)
    }

    /// Whether nothing has arrived, by a fresh look.
    @inlinable @inline(__always)
    public func isEmpty() -> Bool {
        unsafe published.pointee.load(ordering: .acquiring) == receiver.pointee.own
    }

    /// Element `position` of those that have arrived, the oldest first.
    @inlinable @inline(__always)
    public func element(_ position: Int) -> Element {
        let number = unsafe receiver.pointee.own &+ UInt32(truncatingIfNeeded: position)
        precondition(
            unsafe UInt32(truncatingIfNeeded: position) < receiver.pointee.other &- receiver.pointee.own,
            "an element that has not arrived")
        return unsafe slot(number).pointee
    }

    /// Makes room: the oldest `count` elements of those that have arrived are done with.
    @inlinable @inline(__always)
    public func remove(_ count: Int) {
        let number = UInt32(truncatingIfNeeded: count)
        precondition(
            unsafe number <= receiver.pointee.other &- receiver.pointee.own, "more elements than have arrived")
        unsafe receiver.pointee.own &+= number
        unsafe removed.pointee.store(receiver.pointee.own, ordering: .releasing)
    }
}

// Two threads use it at a time, one at either end, which the marks above tell apart.
extension HandOverRing: @unchecked Sendable {}

/// Offsets of a ring's fields. Lines of 128 bytes, because processors fetch lines of 64 in pairs: neither the two words
/// that both threads read nor what each remembers for itself shares one.
@usableFromInline
enum RingLine {
    @inlinable static var published: Int { @inline(__always) @_noLocks get { 0 } }
    @inlinable static var removed: Int { @inline(__always) @_noLocks get { 128 } }
    @inlinable static var sender: Int { @inline(__always) @_noLocks get { 256 } }
    @inlinable static var receiver: Int { @inline(__always) @_noLocks get { 384 } }
    @inlinable static var slots: Int { @inline(__always) @_noLocks get { 512 } }
}

/// What one side of a ring remembers: how far it is itself, and how far the other was when it last looked.
@usableFromInline
struct RingEnd: BitwiseCopyable {
    @usableFromInline var own: UInt32 = 0
    @usableFromInline var other: UInt32 = 0
    @usableFromInline init() {}
}
