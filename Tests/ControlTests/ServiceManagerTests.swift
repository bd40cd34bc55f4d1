import Foundation
import Testing

@testable import Control

struct ServiceManagerTests {
    @Test(
        "A service manager is told through the socket that it names, by path or abstract name", arguments: ["/", "@"])
    func notices(kind: String) throws {
        let name = kind == "/" ? NSTemporaryDirectory() + "sp-\(UUID().uuidString)" : "@sp-\(UUID().uuidString)"
        let receiver = try bind(name)
        defer {
            close(receiver)
            unlink(name)
        }
        let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": name]))
        try manager.notify(.ready)
        try manager.notify(.stopping)
        #expect(receive(receiver) == "READY=1")
        #expect(receive(receiver) == "STOPPING=1")
    }

    @Test("Without a service manager there is nothing to tell")
    func none() {
        #expect(ServiceManager(environment: [:]) == nil)
        #expect(ServiceManager(environment: ["NOTIFY_SOCKET": ""]) == nil)
    }

    @Test("A service manager that is gone is named in the error")
    func gone() throws {
        let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": "/nonexistent/notify"]))
        let error = #expect(throws: ControlError.self) { try manager.notify(.ready) }
        #expect(error?.description.contains("/nonexistent/notify") == true)
    }

    private func bind(_ name: String) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = UInt16(AF_UNIX)
        let path = Array(name.utf8).enumerated().map { $0 == 0 && $1 == UInt8(ascii: "@") ? 0 : $1 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(2 + path.count))
            }
        }
        try #require(result == 0)
        return descriptor
    }

    private func receive(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}
