import CXDP
import Glibc
import Synchronization

/// Wakes one worker when others have put something into its rings, and costs them a look when it is awake.
///
/// No wake-up is lost: the sleeper says that it sleeps, and then looks into its rings once more; the others publish, and
/// then look whether it sleeps. A full fence between the two steps on either side has one of them see the other.
@safe
struct Bell: ~Copyable {
    /// What the worker would get up for.
    private enum Sleep {
        static var awake: UInt32 { @_noLocks get { 0 } }
        /// For packets.
        static var light: UInt32 { @_noLocks get { 1 } }
        /// For frames as well, because it has none left to receive into.
        static var hungry: UInt32 { @_noLocks get { 2 } }
    }

    /// An eventfd, readable after the bell has rung.
    let event: Int32
    /// On a pair of cache lines of its own, because all workers read it.
    private let sleep: UnsafeMutablePointer<Atomic<UInt32>>

    init() throws(SocketError) {
        event = sp_event_open()
        guard event >= 0 else { throw SocketError(step: .waking, errno: .currentErrno) }
        let line = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)
        // Unsafe: `Atomic<UInt32>` has the layout of UInt32; freed in deinit.
        unsafe line.initializeMemory(as: UInt32.self, to: Sleep.awake)
        unsafe sleep = line.assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    deinit {
        close(event)
        unsafe UnsafeMutableRawPointer(sleep).deallocate()
    }

    // MARK: The worker itself

    /// Says that it is about to sleep. It must look into its rings once more after this.
    @_noLocks
    func lieDown(hungry: Bool) {
        unsafe sleep.pointee.store(hungry ? Sleep.hungry : Sleep.light, ordering: .relaxed)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// Says that it is awake.
    @_noLocks
    func getUp() { unsafe sleep.pointee.store(Sleep.awake, ordering: .relaxed) }

    /// Makes the event unreadable again.
    func clear() { sp_event_clear(event) }

    // MARK: The others

    /// Wakes the worker if it sleeps, after packets, or else only frames, were published for it.
    /// - Returns: whether it had to be woken; of several that ring at once, one does.
    @_noLocks
    func ring(packets: Bool) -> Bool {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let depth = unsafe sleep.pointee.load(ordering: .relaxed)
        guard depth == Sleep.hungry || (depth == Sleep.light && packets) else { return false }
        guard unsafe sleep.pointee.exchange(Sleep.awake, ordering: .relaxed) != Sleep.awake else { return false }
        sp_event_signal(event)
        return true
    }
}
