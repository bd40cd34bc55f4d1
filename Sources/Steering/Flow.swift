import CSteering

/// What the flags of a flow hold beside FIN and RST.
///
/// Invariant: user space writes them before the flow is in the map; from then on the program adds to them.
extension steering_flow {
    /// A flow that the program translates, as user space puts it into the map.
    ///
    /// - Parameters:
    ///   - conversation: the number of the control conversation that it belongs to.
    ///   - tick: the time, from which on it counts as idle.
    ///   - stream: the index of its stream in `SteeringMaps.streams`; nil if nobody counts its RTP.
    @_noLocks
    public init(leaves: steering_translation, conversation: UInt32, tick: UInt32, stream: Int? = nil) {
        self.init()
        self.leaves = leaves
        self.conversation = conversation
        last_seen = tick
        if let stream {
            precondition(stream >= 0 && stream < Int(STEERING_STREAMS_MAX.rawValue))
            flags = UInt32(stream + 1) << STEERING_FLOW_STREAM_SHIFT.rawValue
        }
    }

    /// A flow whose packets the program leaves to the worker of their queue. It does not note when the last one came.
    @_noLocks
    public init(ofWorkersFor conversation: UInt32, tick: UInt32) {
        self.init()
        self.conversation = conversation
        last_seen = tick
        flags = STEERING_FLOW_WORKER.rawValue
    }

    /// Whether a connection of these two directions has ended: with both FINs, or any RST.
    @_noLocks
    public static func haveEnded(_ forward: steering_flow, _ reverse: steering_flow) -> Bool {
        forward.flags & reverse.flags & UInt32(STEERING_FLOW_FIN.rawValue) != 0
            || (forward.flags | reverse.flags) & UInt32(STEERING_FLOW_RST.rawValue) != 0
    }

    /// Whether its packets are a worker's.
    public var isWorkers: Bool { @_noLocks get { flags & STEERING_FLOW_WORKER.rawValue != 0 } }

    /// The index of its stream; nil if it has none.
    public var stream: Int? {
        @_noLocks get {
            let number = flags >> STEERING_FLOW_STREAM_SHIFT.rawValue
            return number == 0 ? nil : Int(number) - 1
        }
    }
}
