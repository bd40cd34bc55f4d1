import Foundation

/// A forwarder that is measured.
struct Contestant: Hashable {
    /// Which program, and how it works.
    enum Kind: String, CaseIterable {
        case bare = "bare C forwarder"
        case worker = "worker"
        case handOver = "worker with hand-over"
    }

    let kind: Kind
    /// Queue pairs, each with a thread of its own.
    let queues: Int
    /// Bytes of each frame, Ethernet's checksum included.
    let frame: Int

    /// For people.
    var description: String { "\(kind.rawValue), \(queues) \(queues == 1 ? "queue" : "queues"), \(frame) bytes" }

    /// The program with its arguments, from beside this one.
    func command(_ interfaces: [String]) -> [String] {
        let directory = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let program = directory.appendingPathComponent(kind == .bare ? "forwarder" : "worker-forwarder").path
        return [program] + (kind == .handOver ? ["--hand-over"] : []) + interfaces
    }
}
