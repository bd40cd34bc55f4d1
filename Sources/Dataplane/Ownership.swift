import FlowTables
import Rewriting
import WireFormats

/// Whose a control conversation is: arithmetic on the two ends of a packet, so that all its packets come to one worker,
/// whichever queues the cards choose for them.
///
/// Invariant: the answer depends on the ends alone, is the same in every worker, and stays the same for as long as the
/// gateway runs, whatever becomes of a card's indirection table meanwhile. Both sides agree: the worker that the inside
/// end leads to is the one that opens the conversation, and draws its public port from its own slice of the block.
public struct Ownership: ~Copyable {
    /// How many workers there are, 1 or more.
    public let workers: Int
    private let cut: PortCut
    private let seed: UInt64
    private let scaling: ReceiveScaling?

    /// - Parameters:
    ///   - workers: 1 or more.
    ///   - ports: the whole gateway's, cut among them.
    ///   - seed: the same for all workers, and random, so that nobody outside can aim at one of them.
    ///   - scaling: how the inside card spread its packets over its queues when the gateway started, if it tells; the
    ///     owner is then the worker of the queue that a conversation arrives on.
    public init(workers: Int, ports: ClosedRange<UInt16>, seed: UInt64, scaling: consuming ReceiveScaling? = nil) {
        self.workers = workers
        cut = PortCut(ports, workers: workers)
        self.seed = seed
        self.scaling = scaling
    }

    /// The worker that serves a queue of any card; where only some have sockets, its number among those.
    @_noLocks
    public static func server(of queue: Int, workers: Int) -> Int { queue % workers }

    /// The owner of a conversation; nil if its public end is none of the gateway's.
    @_noLocks
    public func owner(of ends: ControlEnds) -> Int? {
        ends.side == .outside ? cut.owner(of: ends.near.port) : owner(inside: ends.near, outside: ends.far)
    }

    /// The owner of a TCP connection with SIP: from inside that of the host, so that what it says by TCP and by UDP
    /// comes to one worker, which draws the public port of the connection from its own slice, so that the outside
    /// agrees.
    @_noLocks
    public func owner(ofSIP ends: ControlEnds) -> Int? {
        ends.side == .outside ? cut.owner(of: ends.near.port) : owner(of: ends.near.address)
    }

    /// The owner of all that an inside host says in SIP, over whichever ports: its bindings and its calls.
    @_noLocks
    public func owner(of host: IPv4Address) -> Int {
        let hash = UInt64(host.value) &* (seed | 1)
        return Int(truncatingIfNeeded: (hash ^ hash >> 32) & 0x7fff_ffff) % workers
    }

    /// The owner of a public port; nil if it is none of the gateway's.
    @_noLocks
    public func owner(of port: UInt16) -> Int? { cut.owner(of: port) }

    @_noLocks
    private func owner(inside: Endpoint, outside: Endpoint) -> Int {
        if let queue = scaling?.queue(source: inside, destination: outside) {
            return Ownership.server(of: queue, workers: workers)
        }
        // Multiplicative hashing twice; what counts is that it is even, and that its key is not known.
        var hash = (UInt64(inside.address.value) << 16 | UInt64(inside.port)) &* (seed | 1)
        hash ^= hash >> 32
        hash =
            (hash ^ (UInt64(outside.address.value) << 16 | UInt64(outside.port))) &* (seed ^ 0x9e37_79b9_7f4a_7c14 | 1)
        return Int(truncatingIfNeeded: hash >> 33) % workers
    }
}
