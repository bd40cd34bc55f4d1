import CTraffic
import CXDP
import Foundation

/// Counts the generator's frames as they arrive at an interface, in XDP, and drops them; everything else passes.
///
/// To be made in the network namespace of the interface. Attached while it lives, in native mode.
public final class Sink {
    /// What has arrived.
    public struct Arrivals: Sendable {
        /// Frames.
        public let packets: Double
        /// Their lengths, without Ethernet's checksum.
        public let bytes: Double
        /// How long the stamped ones took.
        public let latencies: Latencies

        /// What arrived between two readings.
        public static func - (later: Arrivals, earlier: Arrivals) -> Arrivals {
            Arrivals(
                packets: later.packets - earlier.packets, bytes: later.bytes - earlier.bytes,
                latencies: Latencies(counts: zip(later.latencies.counts, earlier.latencies.counts).map { $0 - $1 }))
        }
    }

    private let program: BPFProgram
    /// A BPF link, because that can be detached from any namespace.
    private let link: Int32

    /// Attaches it.
    public init(interface: String) throws {
        program = try BPFProgram(SinkObject.hexadecimal)
        var options = bpf_link_create_opts()
        options.sz = MemoryLayout<bpf_link_create_opts>.size
        options.flags = UInt32(XDP_FLAGS_DRV_MODE)
        link = bpf_link_create(program.descriptor, Int32(if_nametoindex(interface)), BPF_XDP, &options)
        guard link >= 0 else { throw BPFFailure("attaching the sink to \(interface)", -link) }
    }

    deinit {
        bpf_link_detach(link)
        close(link)
    }

    /// Everything since it was attached.
    public func arrivals() throws -> Arrivals {
        var values = [traffic_sink](repeating: traffic_sink(), count: Int(libbpf_num_possible_cpus()))
        try program.read("arrived", into: &values)
        var counts = [UInt64](repeating: 0, count: Int(TRAFFIC_LATENCIES.rawValue))
        for value in values {
            withUnsafeBytes(of: value.latencies) { latencies in
                for (place, count) in latencies.bindMemory(to: UInt64.self).enumerated() { counts[place] += count }
            }
        }
        return Arrivals(
            packets: values.reduce(0) { $0 + Double($1.packets) }, bytes: values.reduce(0) { $0 + Double($1.bytes) },
            latencies: Latencies(counts: counts))
    }
}
