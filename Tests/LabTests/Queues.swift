// Onto which queues of the router's links the hosts send. A veth device receives on the queue that its peer sent by, and
// that follows the peer's transmit packet steering (Documentation/networking/scaling.rst, XPS): here all processors are
// given to one queue, so that all that a host sends takes that one as soon as nothing of its flow is under way.

import Foundation

@testable import Lab

extension Namespace {
    /// Has a host send everything by one queue, of `count`, of its link.
    func send(byQueue queue: Int, of count: Int) throws {
        // None is ever left without, or the kernel would spread over all: the new one first, then the others.
        let order = [queue] + (0..<count).filter { $0 != queue }
        let writes = order.map {
            "echo \($0 == queue ? everyProcessor : "0") >/sys/class/net/eth0/queues/tx-\($0)/xps_cpus"
        }
        try run("sh", "-c", writes.joined(separator: " && "))
    }
}

/// All processors as a mask in the kernel's spelling: groups of eight hexadecimal digits.
private let everyProcessor: String = {
    let count = ProcessInfo.processInfo.processorCount
    let whole = [String](repeating: "ffffffff", count: count / 32)
    return (count % 32 == 0 ? whole : [String((1 << (count % 32)) - 1, radix: 16)] + whole).joined(separator: ",")
}()
