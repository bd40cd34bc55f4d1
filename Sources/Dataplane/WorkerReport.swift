import XDPSockets

/// What a worker exchanges with the others and where its frames are, as it publishes it once a second.
public struct WorkerReport: BitwiseCopyable, Sendable {
    /// Packets and frames that went from worker to worker.
    public let handOver: HandOverCounters
    /// Where the frames in its hands are.
    public let frames: FrameAccounting

    /// What is counted, by name.
    public var named: [(name: String, count: UInt64, meaning: String)] {
        [
            ("handedOver", handOver.handedOver, "packets given to the worker that owns their conversation"),
            ("passedOut", handOver.passedOut, "packets given to another worker to send, for want of a queue"),
            ("takenOver", handOver.takenOver, "packets taken from other workers, to work on or to send"),
            ("dropHandOverFull", handOver.dropHandOverFull, "packets lost: the other worker does not keep up"),
            ("sentHome", handOver.sentHome, "frames given back to the worker that they came from"),
            ("wakes", handOver.wakes, "times another worker was asleep and had to be woken"),
        ]
    }
}
