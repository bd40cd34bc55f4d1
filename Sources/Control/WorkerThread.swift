import CXDP
import Dataplane
import Foundation

/// A worker on a thread of its own, from `init` until `stop`.
///
/// Invariant: the worker belongs to the thread; this object keeps only what stops it. Signals stay with the rest of
/// the process.
final class WorkerThread: Sendable {
    private let control: WorkerControl
    private let thread: UInt64

    init(_ worker: consuming Worker, _ control: WorkerControl) throws(ControlError) {
        let place = UnsafeMutablePointer<Worker>.allocate(capacity: 1)
        place.initialize(to: worker)
        var thread: UInt64 = 0
        let result = sp_thread_spawn(
            { argument in
                let place = argument.assumingMemoryBound(to: Worker.self)
                place.pointee.run()
                place.deinitialize(count: 1)
                place.deallocate()
                return nil
            }, place, -1, "worker", &thread)
        guard result == 0 else { throw ControlError("cannot start the worker's thread", errno: abs(result)) }
        self.control = control
        self.thread = thread
    }

    /// Tells the worker to stop, and waits until it has closed its sockets.
    func stop() {
        control.stop()
        _ = sp_thread_join(thread)
    }
}
