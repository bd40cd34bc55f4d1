import CSteering
import CXDP

/// Flows that are added to the map, or removed from it, together: by one system call, which else would cost more than the
/// change itself.
///
/// Invariants: the first `count` keys and flows are written; `count` is at most `capacity`.
@safe public struct FlowBatch: ~Copyable {
    /// The most pairs of flows that fit.
    public static var pairs: Int { @_noLocks get { 32 } }
    private static var capacity: Int { @_noLocks get { 2 &* pairs } }

    // Safe wherever they are used below: both have `capacity` places, which `append` keeps to, and nobody else knows them.
    private let keys: UnsafeMutablePointer<steering_tuple>
    private let flows: UnsafeMutablePointer<steering_flow>
    /// How many there are.
    public private(set) var count = 0

    /// None.
    public init() {
        unsafe keys = .allocate(capacity: Self.capacity)
        unsafe flows = .allocate(capacity: Self.capacity)
    }

    deinit {
        unsafe keys.deallocate()
        unsafe flows.deallocate()
    }

    /// Puts one more in, for which there is room. To be removed, its key is enough.
    @_noLocks
    public mutating func append(_ key: steering_tuple, _ flow: steering_flow = steering_flow()) {
        precondition(count < Self.capacity, "no room in the batch")
        unsafe keys[count] = key
        unsafe flows[count] = flow
        count &+= 1
    }

    /// Adds them to the map, or replaces them there, in their order, and empties the batch. How many are there: fewer than
    /// all when the map is full.
    @_noLocks
    public mutating func insert(into map: KernelMap<steering_tuple, steering_flow>) -> Int {
        defer { count = 0 }
        guard count > 0 else { return 0 }
        return unsafe Int(sp_map_update_batch(map.descriptor, keys, flows, UInt32(truncatingIfNeeded: count)))
    }

    /// Removes those of them that are in the map, and empties the batch.
    @_noLocks
    public mutating func remove(from map: KernelMap<steering_tuple, steering_flow>) {
        var first = 0
        while first < count {
            let rest = UInt32(truncatingIfNeeded: count &- first)
            // The kernel stops at one that is not there.
            first &+= unsafe Int(sp_map_delete_batch(map.descriptor, keys + first, rest)) &+ 1
        }
        count = 0
    }
}
