import CXDP
import Glibc

/// A fixed number of elements in plain memory, mapped once at start and never moved: anonymous, or a file that other
/// processes may read while the gateway runs.
///
/// Invariants: the memory is page-aligned, zeroed at start, and holds `count` elements; every access is checked
/// against `count`. One thread writes. Elements are bitwise copyable, so nothing has to be destroyed, and an element
/// of all zero bytes must be a valid one. (The subscript is generic: `@_noLocks` is proved where it is used.)
@safe
public struct Slots<Element: BitwiseCopyable>: ~Copyable {
    /// The first element. Unsafe: whoever goes through it must keep to `count` and to this value's lifetime.
    @unsafe public let base: UnsafeMutablePointer<Element>
    /// How many elements there are.
    public let count: Int

    /// Anonymous memory, all of it taken at once: what is promised at start is there later.
    public init(count: Int) throws(TableError) {
        try self.init(count: count, descriptor: -1)
    }

    /// Memory shared with readers through a file, which loses what it held and is set to the right length; the
    /// descriptor stays the caller's and may be closed afterwards. All of it is taken at once, so that a file system
    /// that is full shows here, and not by a signal later.
    public init(count: Int, descriptor: Int32) throws(TableError) {
        precondition(count > 0, "a table without slots")
        let bytes = count * MemoryLayout<Element>.stride
        // By way of length 0, because a gateway that was killed leaves its file as it was.
        if descriptor >= 0, ftruncate(descriptor, 0) != 0 || ftruncate(descriptor, off_t(bytes)) != 0 {
            throw TableError(call: "ftruncate", bytes: bytes, errno: errno)
        }
        guard let memory = unsafe sp_memory_map(UInt64(bytes), descriptor) else {
            throw TableError(call: "mmap", bytes: bytes, errno: errno)
        }
        // Safe: the mapping is page-aligned, zeroed, `bytes` long, and belongs to this value until deinit.
        unsafe base = memory.bindMemory(to: Element.self, capacity: count)
        self.count = count
    }

    /// The memory of another process, to be read only: writing to it ends the program. As many elements as the file has.
    public init(reading descriptor: Int32) throws(TableError) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw TableError(call: "fstat", bytes: 0, errno: errno) }
        let bytes = Int(status.st_size)
        guard bytes >= MemoryLayout<Element>.stride,
            let memory = unsafe mmap(nil, bytes, PROT_READ, MAP_SHARED, descriptor, 0), unsafe memory != MAP_FAILED
        else { throw TableError(call: "mmap", bytes: bytes, errno: errno) }
        count = bytes / MemoryLayout<Element>.stride
        // Safe: the mapping is page-aligned and holds `count` elements.
        unsafe base = memory.bindMemory(to: Element.self, capacity: count)
    }

    deinit {
        // Safe: the very mapping of init; nothing else unmaps it.
        unsafe sp_memory_unmap(base, UInt64(count * MemoryLayout<Element>.stride))
    }

    /// The element at an index, in place.
    @inlinable public subscript(index: Int) -> Element {
        @inline(__always) unsafeAddress {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "slot out of range")
            // Safe: the index is within the mapping that init made.
            return unsafe UnsafePointer(base + index)
        }
        @inline(__always) unsafeMutableAddress {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "slot out of range")
            // Safe: as above.
            return unsafe base + index
        }
    }
}

extension Slots {
    /// Replaces an element of a table that the caller only borrows, such as a counter.
    @inlinable @inline(__always)
    public func store(_ element: Element, at index: Int) {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "slot out of range")
        // Safe: the index is within the mapping that init made; one thread writes.
        unsafe base[index] = element
    }
}

/// A table could not be made.
public struct TableError: Error, CustomStringConvertible {
    /// The system call that failed.
    public let call: String
    /// The size that was asked for.
    public let bytes: Int
    /// Its error number.
    public let errno: Int32

    /// For the operator.
    public var description: String {
        "no memory for a table of \(bytes) bytes: \(call): \(unsafe String(cString: strerror(errno))); "
            + "lower gateway.conversations or gateway.flows in the configuration"
            + (errno == ENOSPC ? ", or give the state directory a larger file system" : "")
    }
}
