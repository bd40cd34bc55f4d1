/// A range of bytes in plain memory: half as large as `Range<Int>`, and bitwise copyable.
///
/// Invariant: made from a range, so that the start is not above the end.
struct TextRange: BitwiseCopyable, Sendable {
    private let start: UInt32
    private let end: UInt32

    /// Offsets below 2^32.
    @inline(__always) @_noLocks
    init(_ range: Range<Int>) {
        start = UInt32(truncatingIfNeeded: range.lowerBound)
        end = UInt32(truncatingIfNeeded: range.upperBound)
    }

    var range: Range<Int> {
        @inline(__always) @_noLocks get {
            // Safe: by the invariant.
            unsafe Range(uncheckedBounds: (Int(truncatingIfNeeded: start), Int(truncatingIfNeeded: end)))
        }
    }
}
