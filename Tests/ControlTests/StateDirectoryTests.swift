import Foundation
import Lab
import Testing

@testable import Control

struct StateDirectoryTests {
    /// A path that does not exist yet, in a directory that is removed afterwards.
    static func with(_ body: (String) throws -> Void) throws {
        let parent = NSTemporaryDirectory() + "sp-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try body("\(parent)/sallyport")
    }

    static let state = GatewayState(
        pid: getpid(), started: Date(timeIntervalSince1970: 1_700_000_000), version: "0.1.0",
        configuration: "/etc/sallyport.yaml",
        interfaces: [.init(name: "lan0", side: "inside", attachMode: "native", bindModes: ["copy", "zero-copy"])],
        maps: [7], workers: [.init(processor: 0, sockets: ["lan0/0", "lan0/1"])])

    @Test("A gateway's life shows in its directory from its start to its clean end")
    func life() throws {
        try Self.with { path in
            #expect(try StateDirectory.content(of: path) == .none)
            let directory = try StateDirectory(claiming: path)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o755)
            #expect(try StateDirectory.content(of: path) == .starting(pid: getpid()))
            try directory.publish(Self.state)
            #expect(try StateDirectory.content(of: path) == .running(Self.state))
            let table = directory.file(named: "flows")
            #expect(table == "\(path)/flows")
            #expect(FileManager.default.createFile(atPath: table, contents: nil))
            directory.release()
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(try StateDirectory.content(of: path) == .none)
        }
    }

    @Test("A table appears whole, and one that a killed gateway left is replaced without a change to who reads it")
    func tables() throws {
        try Self.with { path in
            let killed = try StateDirectory(claiming: path)
            close(try killed.make("data.0"))
            try killed.showFiles()
            try Data("old".utf8).write(to: URL(fileURLWithPath: "\(path)/data.0"))
            let reader = try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(path)/data.0"))
            let descriptor = try killed.make("data.0")
            #expect(try String(contentsOfFile: "\(path)/data.0", encoding: .utf8) == "old")
            try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).write(contentsOf: Data("new".utf8))
            try killed.showFiles()
            #expect(try String(contentsOfFile: "\(path)/data.0", encoding: .utf8) == "new")
            #expect(try reader.readToEnd() == Data("old".utf8))
            close(try killed.make("never-shown"))
            killed.release()
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("A second gateway is refused by the first one's pid, also while the first is being looked at")
    func second() throws {
        try Self.with { path in
            let first = try StateDirectory(claiming: path)
            #expect(try StateDirectory.content(of: path) == .starting(pid: getpid()))
            let error = #expect(throws: ControlError.self) { try StateDirectory(claiming: path) }
            #expect(error?.description.contains("already running with pid \(getpid())") == true)
            #expect(error?.description.contains(path) == true)
            first.release()
            let third = try StateDirectory(claiming: path)
            third.release()
        }
    }

    @Test("What a killed gateway left is stale, and does not stop the next one")
    func stale() throws {
        try Self.with { path in
            do {
                let killed = try StateDirectory(claiming: path)
                var state = Self.state
                state.pid = 1
                try killed.publish(state)
            }
            #expect(try StateDirectory.content(of: path) == .stale)
            let next = try StateDirectory(claiming: path)
            #expect(try StateDirectory.content(of: path) == .starting(pid: getpid()))
            next.release()
        }
    }

    @Test("Files that are not the gateway's stay, and so does their directory")
    func strangers() throws {
        try Self.with { path in
            let directory = try StateDirectory(claiming: path)
            #expect(FileManager.default.createFile(atPath: "\(path)/stranger", contents: nil))
            directory.release()
            #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["stranger"])
        }
    }

    @Test("The state file is what programs read")
    func format() throws {
        let text = String(decoding: try Self.state.encoded(), as: UTF8.self)
        #expect(text.contains("\"started\" : \"2023-11-14T22:13:20Z\""))
        #expect(text.contains("\"configuration\" : \"/etc/sallyport.yaml\""))
        #expect(try GatewayState(decoding: Data(text.utf8)) == Self.state)
    }

    @Test("A state of another format is told from a missing one")
    func otherFormat() throws {
        try Self.with { path in
            let directory = try StateDirectory(claiming: path)
            try Data("{}".utf8).write(to: URL(fileURLWithPath: directory.file(named: "gateway.json")))
            let error = #expect(throws: ControlError.self) { try StateDirectory.content(of: path) }
            #expect(error?.description.contains("another version") == true)
            directory.release()
        }
    }

    @Test("A directory that cannot be made is named")
    func impossible() {
        let error = #expect(throws: ControlError.self) { try StateDirectory(claiming: "/dev/null/sallyport") }
        #expect(error?.description.contains("/dev/null/sallyport") == true)
    }
}
