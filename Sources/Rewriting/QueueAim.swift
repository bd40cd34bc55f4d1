import FlowTables
import PlainMemory
import WireFormats

/// Where a worker wants its returning packets: on the queues of the outside card that it serves itself. Without one,
/// packets that arrive elsewhere are handed over to it, which costs more and changes nothing else.
public struct QueueAim: ~Copyable {
    private let scaling: ReceiveScaling
    private var own: Slots<Bool>

    /// The card's receive scaling, and the queues that the worker serves.
    public init(_ scaling: consuming ReceiveScaling, queues: [Int]) throws(TableError) {
        var own = try Slots<Bool>(count: (queues.max() ?? 0) + 1)
        for queue in queues { own[queue] = true }
        self.scaling = scaling
        self.own = own
    }

    /// Whether the card brings packets from `peer` to another worker's queue, and would not do so to another port.
    @_noLocks
    func misses(_ peer: Endpoint, _ local: Endpoint) -> Bool {
        guard scaling.hashesPorts else { return false }
        let queue = scaling.queue(source: peer, destination: local)
        guard queue < own.count else { return true }
        return !own[queue]
    }
}
