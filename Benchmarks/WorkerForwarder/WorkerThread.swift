import CXDP
import Foundation

/// A worker on a thread of its own, on one processor: the last first, because the traffic comes from the first.
final class WorkerThread: @unchecked Sendable {
    private var worker: ForwardingWorker
    private var result: Result<Tally, any Error>?
    private var thread: UInt64 = 0

    init(_ worker: consuming ForwardingWorker) throws {
        let processors = ProcessInfo.processInfo.processorCount
        let processor = processors - 1 - worker.number % processors
        self.worker = worker
        let error = sp_thread_spawn(
            { argument in
                let thread = Unmanaged<WorkerThread>.fromOpaque(argument).takeUnretainedValue()
                thread.result = Result { try thread.worker.run() }
                return nil
            }, Unmanaged.passUnretained(self).toOpaque(), Int32(processor), "worker", &thread)
        guard error == 0 else { throw POSIXError(POSIXErrorCode(rawValue: -error) ?? .EAGAIN) }
    }

    /// Waits for its end.
    func join() throws -> Tally {
        _ = sp_thread_join(thread)
        return try result!.get()
    }
}
