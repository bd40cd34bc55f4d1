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

    /// What the thread takes over.
    private struct Load: ~Copyable {
        var worker: Worker
        let failed: @Sendable (any Error) -> Void
    }

    /// Starts it on a processor, or on any if that is nil. `failed` is told, on its thread, why it has ended by itself.
    init(
        _ worker: consuming Worker, _ control: WorkerControl, name: String, processor: Int?,
        failed: @escaping @Sendable (any Error) -> Void
    ) throws(ControlError) {
        let place = UnsafeMutablePointer<Load>.allocate(capacity: 1)
        place.initialize(to: Load(worker: worker, failed: failed))
        var thread: UInt64 = 0
        let result = sp_thread_spawn(
            { argument in
                let place = argument.assumingMemoryBound(to: Load.self)
                do { try place.pointee.worker.run() } catch { place.pointee.failed(error) }
                place.deinitialize(count: 1)
                place.deallocate()
                return nil
            }, place, Int32(processor ?? -1), name, &thread)
        guard result == 0 else {
            place.deinitialize(count: 1)
            place.deallocate()
            throw ControlError("cannot start the thread of \(name)", errno: abs(result))
        }
        self.control = control
        self.thread = thread
    }

    /// Tells the worker to stop.
    func stop() { control.stop() }

    /// Waits until the worker has ended, and let go of its sockets.
    func join() { _ = sp_thread_join(thread) }
}
