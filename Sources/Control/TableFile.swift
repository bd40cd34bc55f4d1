import Foundation
import PlainMemory
import Rewriting

/// The files in which a worker's tables stand while it runs, for the command line to look into.
enum TableFile: String, CaseIterable {
    case conversations, data, counters, sockets, report
    // Of SIP.
    case bindings, registrations, calls, legs, sipCounters

    /// The name of a worker's file.
    func name(_ worker: Int) -> String { "\(rawValue).\(worker)" }

    /// Maps a worker's table of a running gateway to read, whose elements are single numbers: those are never torn.
    func read<Element: BitwiseCopyable>(_ directory: String, worker: Int) throws -> Slots<Element> {
        let descriptor = try open(directory, worker)
        defer { close(descriptor) }
        return try Slots(reading: descriptor)
    }

    /// The elements of a worker's table that are in use, each as it was at one moment; and how many there can be.
    /// - Throws: `ControlError` also when the gateway's worker was stopped while it wrote one of them.
    func elements<Element: BitwiseCopyable>(
        _ directory: String, worker: Int, where isUsed: (Element) -> Bool
    ) throws -> (used: [Element], capacity: Int) {
        let descriptor = try open(directory, worker)
        defer { close(descriptor) }
        let table = try SharedSlots<Element>(reading: descriptor)
        let used = try (0..<table.count).compactMap { index in
            guard let element = table.copy(index) else {
                throw ControlError(
                    "entry \(index) of \(directory)/\(name(worker)) is being written, and stays so: the gateway has been "
                        + "stopped in the midst of a packet, by a debugger or SIGSTOP; let it go on, and try again")
            }
            return isUsed(element) ? element : nil
        }
        return (used, table.count)
    }

    private func open(_ directory: String, _ worker: Int) throws -> Int32 {
        let path = "\(directory)/\(name(worker))"
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ControlError("cannot open \(path)", errno: errno, advice: "run as root") }
        return descriptor
    }
}
