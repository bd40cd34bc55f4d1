// The gateway's AF_XDP path without the gateway: what `forwarder` does, done by XDPSockets.
//
//     worker-forwarder [--hand-over] ONE TWO [ONE TWO]...
//
// One worker for each pair of interfaces. With --hand-over it gives each packet to the next worker, which sends it by
// its own interface of the same side. Says "ready" on standard output, and what it did after SIGTERM.

import CXDP
import Foundation
import Redirect
import XDPSockets

@main
enum WorkerForwarder {
    static func main() {
        var names = Array(CommandLine.arguments.dropFirst())
        let handsOver = names.first == "--hand-over"
        if handsOver { names.removeFirst() }
        guard names.count >= (handsOver ? 4 : 2), names.count % 2 == 0 else {
            fail("usage: worker-forwarder [--hand-over] ONE TWO [ONE TWO]...", 64)
        }
        do {
            try forward(names, handsOver)
        } catch {
            fail("worker-forwarder: \(error)", 1)
        }
    }

    private static func forward(_ names: [String], _ handsOver: Bool) throws {
        let workers = names.count / 2
        let stop = Stop()
        let sockets = try SharedSockets.open(
            names.map { SocketBinding(interface: $0, queue: 0) }, owners: names.indices.map { $0 / 2 },
            workers: workers, wakeDescriptors: [Int32](repeating: -1, count: workers))
        for (number, name) in names.enumerated() {
            let map = redirect_attach(name)
            guard map >= 0, redirect_feed(map, sockets.descriptor(of: number)) == 0 else {
                fail("worker-forwarder: \(name): cannot attach the XDP program", 1)
            }
        }
        let threads = try (0..<workers).map { worker in
            try WorkerThread(ForwardingWorker(sockets.take(worker), handsOver: handsOver, stop: stop))
        }
        say("ready")
        stop.waitForSignal()
        say("\(try threads.map { try $0.join() }.reduce(Tally(), +))")
    }

    private static func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

    private static func fail(_ text: String, _ status: Int32) -> Never {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
        exit(status)
    }
}
