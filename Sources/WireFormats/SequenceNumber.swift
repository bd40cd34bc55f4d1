/// A position in a TCP stream, modulo 2^32 (RFC 9293 section 3.4).
///
/// Comparison is by distance and means something only between positions less than 2^31 apart, which TCP's window
/// guarantees for what is in flight.
public struct SequenceNumber: Equatable, BitwiseCopyable, Sendable {
    /// The number as it stands in the header, in host byte order.
    public var value: UInt32

    /// A position from the number in a header.
    @inlinable @inline(__always) @_noLocks
    public init(_ value: UInt32) { self.value = value }

    /// How many octets `other` lies ahead; negative when it lies behind.
    @inlinable @inline(__always) @_noLocks
    public func distance(to other: SequenceNumber) -> Int {
        Int(Int32(bitPattern: other.value &- value))
    }

    /// The position `count` octets on; `count` may be negative.
    @inlinable @inline(__always) @_noLocks
    public func advanced(by count: Int) -> SequenceNumber {
        SequenceNumber(value &+ UInt32(truncatingIfNeeded: count))
    }

    /// Whether both are the same position.
    @inlinable @inline(__always) @_noLocks
    public static func == (left: SequenceNumber, right: SequenceNumber) -> Bool { left.value == right.value }

    /// Whether this position comes before the other.
    @inlinable @inline(__always) @_noLocks
    public static func < (left: SequenceNumber, right: SequenceNumber) -> Bool { left.distance(to: right) > 0 }

    /// Whether this position comes before the other or is the same.
    @inlinable @inline(__always) @_noLocks
    public static func <= (left: SequenceNumber, right: SequenceNumber) -> Bool { left.distance(to: right) >= 0 }

    /// Whether this position comes after the other.
    @inlinable @inline(__always) @_noLocks
    public static func > (left: SequenceNumber, right: SequenceNumber) -> Bool { left.distance(to: right) < 0 }

    /// Whether this position comes after the other or is the same.
    @inlinable @inline(__always) @_noLocks
    public static func >= (left: SequenceNumber, right: SequenceNumber) -> Bool { left.distance(to: right) <= 0 }

    /// The later of two positions.
    @inlinable @inline(__always) @_noLocks
    public static func later(_ one: SequenceNumber, _ other: SequenceNumber) -> SequenceNumber {
        one < other ? other : one
    }

    /// The earlier of two positions.
    @inlinable @inline(__always) @_noLocks
    public static func earlier(_ one: SequenceNumber, _ other: SequenceNumber) -> SequenceNumber {
        one < other ? one : other
    }
}
