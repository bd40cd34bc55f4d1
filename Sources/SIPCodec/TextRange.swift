/// A range of bytes in plain memory: half as large as `Range<Int>`, and bitwise copyable.
///
/// Invariant: the start is not above the end.
@usableFromInline struct TextRange: BitwiseCopyable, Sendable {
    @usableFromInline let start: UInt32
    @usableFromInline let end: UInt32

    /// Offsets below 2^32.
    @inline(__always) @_noLocks
    init(_ range: Range<Int>) {
        self.init(range.lowerBound, range.upperBound)
    }

    /// From one such offset to another, not before it.
    @inline(__always) @_noLocks
    init(_ start: Int, _ end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
    }

    @inlinable var range: Range<Int> {
        @inline(__always) @_noLocks get {
            // Safe: by the invariant.
            unsafe Range(uncheckedBounds: (Int(truncatingIfNeeded: start), Int(truncatingIfNeeded: end)))
        }
    }
}
