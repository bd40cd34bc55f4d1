import CXDP
import Glibc
import Rewriting
import Synchronization

/// What a worker may be told while it runs.
public struct WorkerSettings: Sendable {
    /// About FTP.
    public var ftp: Settings
    /// About SIP.
    public var sip: SIPSettings

    /// Both.
    public init(ftp: Settings, sip: SIPSettings) {
        self.ftp = ftp
        self.sip = sip
    }
}

/// How other threads speak to a worker: tell it to stop, or give it new settings. It looks once a turn.
public final class WorkerControl: Sendable {
    private let stops = Atomic<Bool>(false)
    private let hasSettings = Atomic<Bool>(false)
    private let settings: Mutex<WorkerSettings?> = Mutex(nil)
    /// Readable when the worker is to look.
    public let wakeDescriptor: Int32

    /// For one worker.
    public init() { wakeDescriptor = sp_event_open() }

    deinit { close(wakeDescriptor) }

    /// Tells the worker to stop after the turn that it is in.
    public func stop() {
        stops.store(true, ordering: .releasing)
        wake()
    }

    /// Gives the worker other settings from its next turn on.
    public func set(_ new: WorkerSettings) {
        settings.withLock { $0 = new }
        hasSettings.store(true, ordering: .releasing)
        wake()
    }

    /// Whether the worker is to stop.
    var isStopped: Bool { stops.load(ordering: .acquiring) }

    /// New settings, once.
    func takeSettings() -> WorkerSettings? {
        guard hasSettings.exchange(false, ordering: .acquiringAndReleasing) else { return nil }
        sp_event_clear(wakeDescriptor)
        return settings.withLock { $0 }
    }

    private func wake() { sp_event_signal(wakeDescriptor) }
}
