import CTraffic
import Foundation
import Routing

/// Sends UDP frames by an interface from XDP, as fast as they go or at a rate: some ten times faster than sockets do.
///
/// To be made and used in the network namespace of the interface. The frames reach the other end of a veth pair only if
/// that has an XDP program or GRO, and the queue there is the sending processor's number modulo the queues. All that
/// happens to a frame on the way to a sink, worker threads excepted, happens on the processor that sends.
public final class Generator {
    /// What a run came to.
    public struct Run: Sendable {
        /// Frames given to the interface.
        public let sent: Double
        /// From the first frame to the last.
        public let seconds: Double
    }

    private let program: BPFProgram
    private let flows: Int
    private let length: Int

    /// A generator of frames of `length` bytes (60 to 1514, without Ethernet's checksum) that takes the flows in turns.
    ///
    /// - Parameters:
    ///   - interfaces: which the flows take in turns.
    ///   - sender: the station that the frames come from.
    ///   - station: the one that they go to: the next hop.
    public init(
        _ flows: [UDPFlow], length: Int, interfaces: [String], from sender: EthernetAddress,
        to station: EthernetAddress
    ) throws {
        self.flows = flows.count
        self.length = length
        program = try BPFProgram(GeneratorObject.hexadecimal, sizes: ["heads": flows.count])
        for (index, flow) in flows.enumerated() {
            var head = flow.head(length: length, from: sender, to: station)
            head.interface = if_nametoindex(interfaces[index % interfaces.count])
            try program.set("heads", UInt32(index), to: head)
        }
    }

    /// Sends for some time, from the calling thread. Starting takes some 25 ms of it, which do not count in the run.
    ///
    /// - Parameters:
    ///   - rate: frames a second; none is as many as go.
    ///   - isStamped: whether frames carry the time, for the sink's latencies.
    ///   - gap: RTP leaves sequence numbers out before every so many frames; none is never.
    ///   - batch: frames that are made before they leave together, 1 to 256; few for latencies.
    ///   - processor: which one does it.
    public func run(
        seconds: Double, rate: Double? = nil, isStamped: Bool = false, gap: Int? = nil, batch: Int = 64,
        processor: Int = 0
    ) throws -> Run {
        var state = traffic_generator()
        state.flows = UInt32(flows)
        state.interval = rate.map { UInt64(1e9 / $0) } ?? 0
        state.stamped = isStamped ? 1 : 0
        state.gap = UInt64(gap ?? 0)
        try program.set("state", to: state)
        try program.generate(length: length, batch: batch, seconds: seconds, on: processor)
        let after = try program.read("state", like: state)
        return Run(sent: Double(after.sent), seconds: Double(after.last - after.began) / 1e9)
    }

    /// The sequence numbers of RTP that a flow's packets have left out so far.
    public func missing(_ flow: Int) throws -> Int {
        Int(try program.read("heads", UInt32(flow), like: traffic_head()).missing)
    }
}
