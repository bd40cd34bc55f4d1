import Rewriting

/// What the gateway would do with a message, and the frame of the capture with which that became known.
public struct Explanation: Sendable {
    /// The frame's number, from 1.
    public let frame: Int
    /// Its time, in nanoseconds since 1970.
    public let time: UInt64
    /// What it would do.
    public let observation: Observation
}
