// The one place where the codecs read memory: bounds-checked loads of plain integers.
//
// A line is a span and a range in it, and all offsets count from the span's first byte: code under `@_noLocks` can pass
// a span on, but cannot make one of a part of it.

extension RawSpan {
    /// The byte at `offset`; traps when `offset` lies outside.
    @inlinable @inline(__always) @_noLocks
    public func byte(at offset: Int) -> UInt8 {
        // One comparison for both ends, where the checked load needs two.
        let count = byteCount
        precondition(UInt(bitPattern: offset) < UInt(bitPattern: count), "byte out of range")
        // Safe: checked against the span's bounds, and every bit pattern is a UInt8.
        return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// A range in the span, where nil stands for all of it.
    @inlinable @inline(__always) @_noLocks
    public func range(_ range: Range<Int>?) -> Range<Int> {
        let count = byteCount
        return range ?? 0..<count
    }

    /// Eight bytes from `offset` on, the first in the lowest bits; traps when they do not all lie inside.
    @inlinable @inline(__always) @_noLocks
    public func word(at offset: Int) -> UInt64 {
        // Safe: the load is checked against the span's bounds, and every bit pattern is a UInt64.
        UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
