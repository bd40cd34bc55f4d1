import CSteering
import CXDP

/// One of the program's counters: how many packets got that verdict since it was loaded, on all processors together.
public struct CounterReading: Sendable, Equatable {
    /// As in `STEERING_COUNTERS`: the kind of verdict, then the case (`pass_other`).
    public let name: String
    /// What happened to the packets, in one line.
    public let meaning: String
    /// Packets.
    public let packets: UInt64
}

extension KernelMap where Key == UInt32, Value == UInt64 {
    /// Reads all counters, in the order of steering.h. They are not read at one instant.
    public func readings() throws(SetupError) -> [CounterReading] {
        let processors = Int(libbpf_num_possible_cpus())
        guard processors > 0 else { throw SetupError("libbpf_num_possible_cpus", code: Int32(processors)) }
        var readings: [CounterReading] = []
        for counter in 0..<STEERING_COUNTER_COUNT.rawValue {
            var key = counter
            var packets = [UInt64](repeating: 0, count: processors)
            // The kernel writes one value for each possible processor.
            let result = unsafe bpf_map_lookup_elem(descriptor, &key, &packets)
            guard result == 0 else { throw SetupError("bpf_map_lookup_elem", of: "map \(name)", code: result) }
            // Both are string literals of layout.c, for any counter below the count.
            let name = unsafe String(cString: steering_counter_name(counter))
            let meaning = unsafe String(cString: steering_counter_meaning(counter))
            readings.append(CounterReading(name: name, meaning: meaning, packets: packets.reduce(0, &+)))
        }
        return readings
    }
}
