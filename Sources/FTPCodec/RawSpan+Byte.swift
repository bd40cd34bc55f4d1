// The one place where this module reads memory: bounds-checked loads of plain integers.

extension RawSpan {
    /// The byte at `offset`; traps when `offset` lies outside.
    @inline(__always) @_noLocks
    func byte(at offset: Int) -> UInt8 {
        // Safe: the load is checked against the span's bounds, and every bit pattern is a UInt8.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Eight bytes from `offset` on, the first in the lowest bits; traps when they do not all lie inside.
    @inline(__always) @_noLocks
    func word(at offset: Int) -> UInt64 {
        // Safe: the load is checked against the span's bounds, and every bit pattern is a UInt64.
        UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
