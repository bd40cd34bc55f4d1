import CXDP
import Foundation
import Lab

extension Namespace {
    /// Whether tests that make namespaces can run here.
    public static var isPossible: Bool { geteuid() == 0 && access("/usr/sbin/ip", X_OK) == 0 }

    /// Runs `body` with the calling thread inside the namespace, so that sockets it opens, files below /proc/sys/net that
    /// it reads and programs that it starts belong there. The thread is back outside when this returns.
    public func inside<Value>(_ body: () throws -> Value) throws -> Value {
        let outside = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/thread-self/ns/net"))
        try enter(FileHandle(forReadingFrom: URL(fileURLWithPath: "/run/netns/\(name)")))
        // A thread that stayed inside would carry later tests into a namespace that is not theirs.
        defer { try! enter(outside) }
        return try body()
    }

    private func enter(_ namespace: FileHandle) throws {
        let error = sp_enter_network_namespace(namespace.fileDescriptor)
        guard error == 0 else { throw POSIXError(POSIXErrorCode(rawValue: -error) ?? .EINVAL) }
    }
}
