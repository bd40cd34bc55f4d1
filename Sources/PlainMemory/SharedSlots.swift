import Glibc
import Synchronization

/// `Slots` whose elements another process reads whole while their one writer changes them: beside each stands a
/// sequence number, as in the kernel's seqlock.h. The writer never waits; a reader that met a change tries again.
///
/// Invariant: the number is odd from `beginChange` to `endChange` and at no other time, and the writer changes an
/// element only in between, which a debug build checks.
@safe
public struct SharedSlots<Element: BitwiseCopyable>: ~Copyable {
    /// An element and its number, which lies at the entry's own address. Public only for generic code of other modules.
    public struct Entry: BitwiseCopyable {
        var sequence: UInt32
        var element: Element
    }

    @usableFromInline let entries: Slots<Entry>

    /// As `Slots.init(count:descriptor:)`.
    public init(count: Int, descriptor: Int32) throws(TableError) {
        entries = try Slots(count: count, descriptor: descriptor)
    }

    /// As `Slots.init(reading:)`; only `copy` is of use then.
    public init(reading descriptor: Int32) throws(TableError) {
        entries = try Slots(reading: descriptor)
    }

    /// How many elements there are.
    @inlinable public var count: Int {
        @inline(__always) get { entries.count }
    }

    /// An element, for the writer: it alone may read in place, and may change only what it has begun to change.
    @inlinable public subscript(index: Int) -> Element {
        @inline(__always) unsafeAddress {
            // Safe: the address is that of an element, and the table outlives the access.
            unsafe UnsafePointer(element(index))
        }
        @inline(__always) unsafeMutableAddress {
            assert(unsafe sequence(index).pointee.load(ordering: .relaxed) % 2 == 1, "changed without beginChange")
            // Safe: as above.
            return unsafe element(index)
        }
    }

    /// Tells readers that an element is about to change.
    @inlinable @inline(__always)
    public func beginChange(of index: Int) {
        // Safe: the number is the writer's own.
        let number = unsafe sequence(index).pointee.load(ordering: .relaxed)
        assert(number % 2 == 0, "beginChange twice")
        unsafe sequence(index).pointee.store(number &+ 1, ordering: .relaxed)
        atomicMemoryFence(ordering: .releasing)
    }

    /// Tells readers that an element is whole again.
    @inlinable @inline(__always)
    public func endChange(of index: Int) {
        // Safe: as above.
        let number = unsafe sequence(index).pointee.load(ordering: .relaxed)
        assert(number % 2 == 1, "endChange without beginChange")
        unsafe sequence(index).pointee.store(number &+ 1, ordering: .releasing)
    }

    /// Replaces an element.
    @inlinable @inline(__always)
    public mutating func store(_ element: Element, at index: Int) {
        beginChange(of: index)
        self[index] = element
        endChange(of: index)
    }

    /// The element as it was at one moment, for readers. Nil if it was being changed at every look, which happens when
    /// its writer was stopped in the midst of a change: a change takes microseconds, and the looks a tenth of a second.
    public func copy(_ index: Int) -> Element? {
        for attempt in 0..<1_000 {
            if attempt > 0 { usleep(100) }
            // Safe: number and element lie within the mapping. What is copied may be torn, and is bytes and not an
            // element until the number says that it is whole.
            let before = unsafe sequence(index).pointee.load(ordering: .acquiring)
            let element = unsafe UnsafeRawPointer(element(index)).loadUnaligned(as: Element.self)
            atomicMemoryFence(ordering: .acquiring)
            if before % 2 == 0, unsafe sequence(index).pointee.load(ordering: .relaxed) == before { return element }
        }
        return nil
    }

    @inlinable @inline(__always)
    func sequence(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        // Safe: an atomic integer is laid out as a plain one.
        unsafe entry(index).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    @inlinable @inline(__always)
    func element(_ index: Int) -> UnsafeMutablePointer<Element> {
        // Safe: it stands behind the number at the next address that is aligned for it.
        let offset = max(MemoryLayout<UInt32>.size, MemoryLayout<Element>.alignment)
        return unsafe (entry(index) + offset).assumingMemoryBound(to: Element.self)
    }

    @inlinable @inline(__always)
    func entry(_ index: Int) -> UnsafeMutableRawPointer {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: entries.count), "slot out of range")
        // Safe: the index is within the mapping.
        return unsafe UnsafeMutableRawPointer(entries.base + index)
    }
}
