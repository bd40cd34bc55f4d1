import Foundation
import XDPSockets

/// A group on a thread of its own until that is done.
final class Elsewhere: @unchecked Sendable {
    /// To be used before the thread starts and after it was joined.
    var group: SocketGroup
    private let end = DispatchSemaphore(value: 0)
    private var failure: (any Error)?

    /// Starts the thread.
    init(_ group: consuming SocketGroup, _ body: @escaping @Sendable (inout SocketGroup) throws -> Void) {
        self.group = group
        Thread {
            do { try body(&self.group) } catch { self.failure = error }
            self.end.signal()
        }.start()
    }

    /// Waits for the end of the thread.
    /// - Throws: what it has thrown.
    func join() throws {
        end.wait()
        if let failure { throw failure }
    }
}
