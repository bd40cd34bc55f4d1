import PlainMemory
import TextFormats
import WireFormats

/// The messages that one datagram or timer causes, one behind the other.
///
/// Invariant: the first `end` bytes are written. What does not fit traps: there is room for the longest message that a
/// datagram can bring, and for what the splices of one can add.
struct MessageBuffer: ~Copyable {
    private var memory: Slots<UInt8>
    /// How many bytes are written.
    private(set) var end = 0

    init() throws(TableError) { memory = try Slots(count: 80 * 1024) }

    /// Forgets them.
    @_noLocks
    mutating func removeAll() { end = 0 }

    /// Writes a text behind what there is.
    @_noLocks
    mutating func append(_ text: StaticString) {
        var end = end
        var room = mutableBytes
        room.append(text, at: &end)
        self.end = end
    }

    /// Writes a number behind what there is, its last ten digits.
    @_noLocks
    mutating func append(decimal number: UInt64) {
        var end = end
        var room = mutableBytes
        var divisor: UInt64 = 1_000_000_000
        while divisor > 0 {
            room.append(ASCII.zero &+ UInt8(truncatingIfNeeded: number / divisor % 10), at: &end)
            divisor /= 10
        }
        self.end = end
    }

    /// Writes a range of other bytes behind what there is.
    @_noLocks
    mutating func append(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        let end = end
        var room = mutableBytes
        room.copy(bytes, range, to: end)
        self.end = end &+ range.count
    }

    /// A part of it.
    ///
    /// Exempt from `@_noLocks`, and so must be whoever holds the span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis") @_lifetime(borrow self)
    func bytes(_ start: Int, _ count: Int) -> RawSpan {
        precondition(start >= 0 && count >= 0 && start &+ count <= memory.count, "bytes out of range")
        // Safe: within the memory, as was checked; the span cannot outlive the buffer that it borrows.
        return unsafe _overrideLifetime(
            RawSpan(_unsafeStart: UnsafeRawPointer(memory.base + start), byteCount: count), borrowing: self)
    }

    private var mutableBytes: MutableRawSpan {
        @_lifetime(&self) @_noLocks mutating get {
            // Safe: the memory is this value's own, which the span keeps every other access away from.
            unsafe _overrideLifetime(
                MutableRawSpan(_unsafeStart: UnsafeMutableRawPointer(memory.base), byteCount: memory.count),
                mutating: &self)
        }
    }
}

extension MessageBuffer {
    /// Writes a range of other bytes, changed by splices, behind what there is.
    @_noLocks
    mutating func append(_ bytes: borrowing RawSpan, _ range: Range<Int>, changedBy splices: borrowing Splices) {
        var end = end
        var room = mutableBytes
        splices.write(bytes, range, to: &room, at: &end)
        self.end = end
    }
}
