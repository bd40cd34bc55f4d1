/// The two sides of the gateway. A packet arrives on one and leaves on the other.
public enum Side: UInt8, Hashable, BitwiseCopyable, Sendable {
    /// Where the clients with private addresses are.
    case inside = 0
    /// Where the servers and the public addresses are.
    case outside = 1

    /// Whether both are the same side.
    @inlinable @inline(__always) @_noLocks
    public static func == (left: Side, right: Side) -> Bool { left.rawValue == right.rawValue }

    /// The opposite side.
    @inlinable public var other: Side {
        @inline(__always) @_noLocks get { self == .inside ? .outside : .inside }
    }
}
