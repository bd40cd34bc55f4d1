import Foundation
import InNamespace
import Lab
import Routing
import Traffic
import WireFormats

/// Queue pairs to forward between, as cables in a namespace of its own:
///
///     generator  left0 ---- one0    two0 ---- right0  sink
///                left1 ---- one1    two1 ---- right1  sink
///                  ...
///
/// A cable for each queue, because XDP's frames come by the queue that has the number of the processor that sends.
final class Cables {
    static let most = 4
    let sandbox: Sandbox
    let namespace: Namespace
    private let sinks: [Sink]

    init() throws {
        sandbox = try Sandbox()
        namespace = try sandbox.namespace("cables")
        try namespace.set("ipv6/conf/default/disable_ipv6", to: "1")
        for number in 0..<Cables.most {
            for (near, far) in [("one\(number)", "left\(number)"), ("two\(number)", "right\(number)")] {
                try namespace.run("ip", "link", "add", near, "type", "veth", "peer", "name", far)
                try namespace.run("ip", "link", "set", near, "up")
                try namespace.run("ip", "link", "set", far, "up")
            }
        }
        sinks = try namespace.inside { try (0..<Cables.most).map { try Sink(interface: "right\($0)") } }
    }

    /// The interfaces of so many queue pairs, as the forwarders take them.
    func interfaces(_ queues: Int) -> [String] { (0..<queues).flatMap { ["one\($0)", "two\($0)"] } }

    /// What sends to so many queue pairs in turns, frames of so many bytes, Ethernet's checksum included.
    func generator(_ queues: Int, frame: Int) throws -> Generator {
        let flows = (0..<queues).map {
            UDPFlow(
                from: Endpoint(IPv4Address("192.0.2.1")!, UInt16(10_000 + $0)),
                to: Endpoint(IPv4Address("198.51.100.1")!, 5004))
        }
        return try namespace.inside {
            try Generator(
                flows, length: frame - 4, interfaces: (0..<queues).map { "left\($0)" },
                from: EthernetAddress(0x0200_0000_0001), to: EthernetAddress(0x0200_0000_0002))
        }
    }

    /// What has arrived behind the forwarder.
    func arrivals() throws -> [Sink.Arrivals] { try sinks.map { try $0.arrivals() } }

    /// How many frames have arrived, once no more do: what waits in the rings takes its time on a busy machine.
    func settledArrivals() throws -> Double {
        var (last, now) = (-1.0, 0.0)
        while now != last {
            usleep(30_000)
            last = now
            now = try arrivals().reduce(0) { $0 + $1.packets }
        }
        return now
    }

    /// Frames that the cables had no room for since they were laid, on the way to the forwarder and from it.
    func ringFull() throws -> Double {
        let commands = (0..<Cables.most).map {
            "ethtool -S left\($0) | grep xdp_xmit_errors; echo tx: $(cat /sys/class/net/two\($0)/statistics/tx_dropped)"
        }
        let text = try namespace.run("sh", "-c", commands.joined(separator: "\n"))
        return text.split(separator: "\n").compactMap { Double($0.split(separator: " ").last ?? "") }.reduce(0, +)
    }
}
