import CSteering

/// The two directions of a data connection or of media, as keys of the flow map.
public struct FlowPair: Sendable {
    /// The direction of the packet that went through the pinhole first; of media, either.
    public var forward: steering_tuple
    /// The answers to it.
    public var reverse: steering_tuple

    /// A pair from its keys.
    @_noLocks
    public init(forward: steering_tuple, reverse: steering_tuple) {
        self.forward = forward
        self.reverse = reverse
    }
}
