import Glibc
import Synchronization

/// Whether the workers are to stop.
final class Stop: Sendable {
    private let isSet = Atomic<Bool>(false)
    private let signals: sigset_t

    /// Keeps SIGTERM from the threads that start later.
    init() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        self.signals = signals
    }

    /// To be asked once a turn.
    var isOver: Bool { isSet.load(ordering: .relaxed) }

    /// Waits for SIGTERM.
    func waitForSignal() {
        var (signals, number) = (signals, Int32(0))
        while number != SIGTERM { sigwait(&signals, &number) }
        isSet.store(true, ordering: .relaxed)
    }
}
