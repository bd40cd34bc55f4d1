import WireFormats

/// The two ends of the control conversation that a packet belongs to, as the side that it came from sees them.
public struct ControlEnds: BitwiseCopyable, Sendable {
    /// The side.
    public let side: Side
    /// The client's: from inside its own, from outside the public one that stands for it.
    public let near: Endpoint
    /// The server's.
    public let far: Endpoint

    /// The ends from their parts.
    @_noLocks
    public init(side: Side, near: Endpoint, far: Endpoint) {
        self.side = side
        self.near = near
        self.far = far
    }
}
