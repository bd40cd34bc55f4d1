import Foundation

/// The service manager that started this process, where one did: sd_notify(3), without libsystemd.
public struct ServiceManager: Sendable {
    private let socketPath: String

    /// What it can be told.
    public enum Notice: String, Sendable {
        /// Traffic flows.
        case ready = "READY=1"
        /// The process is on its way out.
        case stopping = "STOPPING=1"
    }

    /// The manager that `NOTIFY_SOCKET` of the environment names; nil where none wants to be told.
    public init?(environment: [String: String]) {
        guard let path = environment["NOTIFY_SOCKET"], path.hasPrefix("/") || path.hasPrefix("@") else { return nil }
        socketPath = path
    }

    /// Tells it.
    /// - Throws: `ControlError` when it cannot be reached.
    public func notify(_ notice: Notice) throws(ControlError) {
        var address = sockaddr_un()
        address.sun_family = UInt16(AF_UNIX)
        var path = Array(socketPath.utf8)
        // A name that begins with @ is abstract (unix(7)): it begins with a zero, and has no end but its length.
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw ControlError("NOTIFY_SOCKET is too long: \(socketPath)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = MemoryLayout.offset(of: \sockaddr_un.sun_path)! + path.count
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ControlError("cannot open a socket", errno: errno) }
        defer { close(descriptor) }
        let message = Array(notice.rawValue.utf8)
        let sent = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
            }
        }
        guard sent == message.count else {
            throw ControlError("cannot tell the service manager at \(socketPath)", errno: errno)
        }
    }
}
