import CSteering
import CXDP
import Glibc

/// One BPF map: single entries for the packet path, all of them for the command line.
///
/// `Key` and `Value` have the layout that steering.h gives them. A copy of this value is good for as long as the
/// `SteeringMaps` that it came from. The kernel synchronises its users; single entries cost one system call, and take
/// no lock of this process: the compiler checks them, with the types put in, in each caller that is `@_noLocks`.
public struct KernelMap<Key: BitwiseCopyable & Sendable, Value: BitwiseCopyable & Sendable>: Sendable {
    /// The map's name in the XDP program.
    public let name: StaticString
    /// The map's file descriptor.
    public let descriptor: Int32

    init(_ name: StaticString, _ descriptor: Int32) {
        self.name = name
        self.descriptor = descriptor
    }

    /// Copies the entry of a key to `value`; false, with `value` as it was, if there is none.
    @inlinable @inline(__always)
    public func lookup(_ key: Key, into value: inout Value) -> Bool {
        var key = key
        // Both point to whole values of the map's own sizes, which the kernel does not keep.
        return unsafe sp_map_lookup(descriptor, &key, &value) == 0
    }

    /// Adds or replaces an entry; false if the map is full.
    @inlinable @inline(__always)
    public func insert(_ key: Key, _ value: Value) -> Bool {
        var key = key
        var value = value
        // As in lookup.
        return unsafe sp_map_update(descriptor, &key, &value, UInt64(BPF_ANY)) == 0
    }

    /// Removes an entry; false if there was none.
    @inlinable @inline(__always)
    @discardableResult
    public func remove(_ key: Key) -> Bool {
        var key = key
        // As in lookup.
        return unsafe sp_map_delete(descriptor, &key) == 0
    }

    /// Adds or replaces an entry while the gateway is set up.
    public func set(_ key: Key, to value: Value) throws(SetupError) {
        var key = key
        var value = value
        // As in lookup.
        let result = unsafe sp_map_update(descriptor, &key, &value, UInt64(BPF_ANY))
        guard result == 0 else { throw SetupError("bpf_map_update_elem", of: "map \(name)", code: result) }
    }

    /// All entries of a hash map, in no order. Entries that come and go meanwhile are seen or not seen.
    public func entries() throws(SetupError) -> [(key: Key, value: Value)] {
        var found: [(key: Key, value: Value)] = []
        var position: UInt64 = 0
        var started = false
        var room = 256
        while true {
            let keys = UnsafeMutablePointer<Key>.allocate(capacity: room)
            let values = UnsafeMutablePointer<Value>.allocate(capacity: room)
            defer {
                unsafe keys.deallocate()
                unsafe values.deallocate()
            }
            var count = UInt32(room)
            var next: UInt64 = 0
            // The kernel writes at most `count` keys and values, and says in `count` how many it wrote.
            let result =
                unsafe started
                ? bpf_map_lookup_batch(descriptor, &position, &next, keys, values, &count, nil)
                : bpf_map_lookup_batch(descriptor, nil, &next, keys, values, &count, nil)
            if result == -ENOSPC {
                room *= 2  // One hash bucket holds more than that.
                continue
            }
            guard result == 0 || result == -ENOENT else {
                throw SetupError("bpf_map_lookup_batch", of: "map \(name)", code: result)
            }
            for index in 0..<Int(count) { unsafe found.append((keys[index], values[index])) }
            if result == -ENOENT { return found }
            position = next
            started = true
        }
    }
}

// In this file, because a debug build puts types into generic functions of its own module only within a file.
extension KernelMap where Key == steering_tuple, Value == steering_flow {
    /// Removes both flows of a connection. A direction that a newer connection has taken over meanwhile (the same
    /// client port meets a server's port 20 again) stays: it does not lead back to where this one came from.
    @_noLocks
    public func remove(_ pair: FlowPair) {
        remove(pair.forward)
        var reverse = steering_flow()
        guard lookup(pair.reverse, into: &reverse) else { return }
        if reverse.leaves.source_port == pair.forward.destination_port,
            reverse.leaves.source == pair.forward.destination
        {
            remove(pair.reverse)
        }
    }
}
