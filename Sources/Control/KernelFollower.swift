import CXDP
import Foundation
import Logging
import Routing
import Steering

/// Keeps what the XDP program remembers of the kernel's tables right, on a thread of its own from `init` until `stop`.
///
/// Whatever may lead packets elsewhere makes the program ask again, within some milliseconds; the router's addresses
/// are read anew when they change. Many changes at once count as one, so that a storm of them costs each flow no more
/// than a hundred questions a second.
final class KernelFollower: Sendable {
    private let wake = sp_event_open()
    private let ended = DispatchSemaphore(value: 0)

    /// Follows the tables of the calling thread's network namespace.
    init(_ settings: ProgramSettings, _ logger: Logger) throws {
        // Used by the thread only, from here on.
        nonisolated(unsafe) let monitor = try KernelMonitor()
        nonisolated(unsafe) let kernel = try Kernel()
        let (wake, ended) = (wake, ended)
        let thread = Thread {
            do {
                while try KernelFollower.wait(monitor.descriptor, wake) {
                    let changes = try monitor.drain()
                    if changes.contains(.addresses) { try settings.setAddresses(try kernel.addresses()) }
                    if !changes.isEmpty { settings.maps.settings.renew() }
                    usleep(10_000)
                }
            } catch {
                logger.error("changes of routes and addresses are not followed any more: \(error)")
            }
            ended.signal()
        }
        thread.name = "follower"
        thread.start()
    }

    /// Ends the thread.
    func stop() {
        sp_event_signal(wake)
        ended.wait()
        close(wake)
    }

    /// Waits for a notice; false when it is time to stop.
    private static func wait(_ monitor: Int32, _ wake: Int32) throws(ControlError) -> Bool {
        var descriptors = [
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0), pollfd(fd: monitor, events: Int16(POLLIN), revents: 0),
        ]
        let ready = sp_poll(&descriptors, 2, -1)
        guard ready >= 0 else { throw ControlError("cannot wait for the kernel's notices", errno: -ready) }
        return descriptors[0].revents == 0
    }
}
