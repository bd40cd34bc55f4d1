import CXDP
import XDPSockets

/// A group on a thread of its own until that is done. Threads of pthread, because the thread sanitizer knows what their
/// start and end order.
final class Elsewhere: @unchecked Sendable {
    /// To be used after the thread was joined.
    var group: SocketGroup
    private let body: @Sendable (inout SocketGroup) throws -> Void
    private var failure: (any Error)?
    private var thread: UInt64 = 0

    /// Starts the thread.
    init(_ group: consuming SocketGroup, _ body: @escaping @Sendable (inout SocketGroup) throws -> Void) {
        self.group = group
        self.body = body
        let result = sp_thread_spawn(
            { argument in
                Unmanaged<Elsewhere>.fromOpaque(argument).takeUnretainedValue().run()
                return nil
            }, Unmanaged.passUnretained(self).toOpaque(), -1, "elsewhere", &thread)
        precondition(result == 0, "cannot start a thread")
    }

    private func run() {
        do { try body(&group) } catch { failure = error }
    }

    /// Waits for the end of the thread. To be called once, before this object goes.
    /// - Throws: what it has thrown.
    func join() throws {
        _ = sp_thread_join(thread)
        if let failure { throw failure }
    }
}
