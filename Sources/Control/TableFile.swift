import Foundation
import PlainMemory
import Rewriting

/// The files in which a worker's tables stand while it runs, for the command line to look into.
enum TableFile: String {
    case conversations, data, counters, sockets

    /// Maps the table of a running gateway to read.
    func read<Element: BitwiseCopyable>(_ directory: String) throws -> Slots<Element> {
        let path = "\(directory)/\(rawValue)"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ControlError("cannot open \(path)", errno: errno, advice: "run as root") }
        defer { close(descriptor) }
        return try Slots(reading: descriptor)
    }
}
