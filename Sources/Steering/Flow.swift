import CSteering

/// What the flags of a flow hold beside FIN and RST.
///
/// Invariant: user space writes them before the flow is in the map; from then on the program adds to them.
extension steering_flow {
    /// A flow whose packets the program leaves to the worker of their queue. It does not note when the last one came.
    @_noLocks
    public init(ofWorkersFor conversation: UInt32, tick: UInt32) {
        self.init()
        self.conversation = conversation
        last_seen = tick
        flags = STEERING_FLOW_WORKER.rawValue
    }

    /// Whether its packets are a worker's.
    public var isWorkers: Bool { @_noLocks get { flags & STEERING_FLOW_WORKER.rawValue != 0 } }
}
