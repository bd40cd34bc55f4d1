import CSteering

/// The two directions of a data connection, as keys of the flow map.
public struct FlowPair: Sendable {
    /// The direction of the packet that went through the pinhole first.
    public var forward: steering_tuple
    /// The answers to it.
    public var reverse: steering_tuple

    /// A pair from its keys.
    @_noLocks
    public init(forward: steering_tuple, reverse: steering_tuple) {
        self.forward = forward
        self.reverse = reverse
    }

    /// The flows that a pinhole has become; nil as long as no packet has come through.
    @_noLocks
    public init?(key: steering_tuple, pinhole: steering_pinhole) {
        guard pinhole.claimed_port != 0 else { return nil }
        let port = UInt16(truncatingIfNeeded: pinhole.claimed_port)
        let leaves = pinhole.leaves
        forward = key
        forward.source_port = port
        reverse = key
        reverse.source = leaves.destination
        reverse.destination = leaves.source
        reverse.source_port = leaves.destination_port
        reverse.destination_port = leaves.source_port != 0 ? leaves.source_port : port
        reverse.side = key.side ^ 1
    }
}
