import CTraffic
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
                latencies: later.latencies - earlier.latencies)
        }
    }

    private let program: BPFProgram
    private let link: ProgramLink

    /// Attaches it.
    public init(interface: String) throws {
        program = try BPFProgram(SinkObject.hexadecimal)
        link = try ProgramLink(program.descriptor("sink"), to: interface)
    }

    /// Everything since it was attached.
    public func arrivals() throws -> Arrivals {
        let values = try program.readAll("arrived", like: traffic_sink())
        return Arrivals(
            packets: values.reduce(0) { $0 + Double($1.packets) }, bytes: values.reduce(0) { $0 + Double($1.bytes) },
            latencies: Latencies(values.map(\.latencies)))
    }
}
