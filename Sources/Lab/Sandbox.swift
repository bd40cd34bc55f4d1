// Where one experiment lives: names for its namespaces, and a directory in memory for its files.
//
// Invariant: whatever way the run ends (done, failed, interrupted, killed, crashed), everything goes. There is one way
// of removing things: a guard process, which waits until the run's end of a pipe closes, and the kernel sees to that.

import Dispatch
import Foundation
import Glibc
import Synchronization

/// The namespaces, processes and files of one experiment, which end together.
public final class Sandbox: Sendable {
    /// What the names of its namespaces begin with: `sp-<process>-<random>`.
    public let prefix: String
    /// A directory of its own, in memory where the machine has room.
    public let directory: String
    private let guardian: ChildProcess
    private let leash: FileHandle
    private let isOpen = Mutex(true)
    // Set up once, in init, and cancelled once, in remove.
    private nonisolated(unsafe) let interruptions: [(Int32, any DispatchSourceSignal)]

    /// Makes the directory and starts the guard. Until `remove`, SIGINT and SIGTERM remove everything before they end
    /// this process.
    ///
    /// - Throws: `LabError` where this process is not root, or a program of the lab is missing.
    public init() throws {
        guard geteuid() == 0 else {
            throw LabError("the lab needs root, to make network namespaces: run it by sudo")
        }
        prefix = "sp-\(getpid())-\(String(UInt16.random(in: .min ... .max), radix: 16))"
        directory = "\(Sandbox.memory)/\(prefix)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let pipe = Pipe()
        leash = pipe.fileHandleForWriting
        guardian = try ChildProcess(
            ["sh", "-c", Sandbox.removal, "sh", prefix, directory], input: pipe.fileHandleForReading)
        try pipe.fileHandleForReading.close()
        interruptions = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            return (number, DispatchSource.makeSignalSource(signal: number))
        }
        for (number, source) in interruptions {
            source.setEventHandler { [weak self] in self?.end(by: number) }
            source.resume()
        }
    }

    /// Ends every process, removes every namespace and the directory, and returns when all of it has gone.
    public func remove() {
        isOpen.withLock { isOpen in
            guard isOpen else { return }
            isOpen = false
            letGo()
            for (number, source) in interruptions {
                source.cancel()
                signal(number, SIG_DFL)
            }
        }
    }

    deinit { remove() }

    /// Makes a network namespace, with its loopback device up.
    public func namespace(_ role: String) throws -> Namespace {
        try Namespace(role, in: self)
    }

    /// Starts a program, unless everything is being removed.
    func start(_ arguments: [String], input: FileHandle = .nullDevice) throws -> ChildProcess {
        try isOpen.withLock { isOpen in
            guard isOpen else { throw LabError("the lab is being removed") }
            return try ChildProcess(arguments, input: input)
        }
    }

    /// Removes everything and ends this process as the signal would have. The lock is kept until then, so that whoever
    /// would start something waits for the end. Dispatch's threads block signals, so that a signal to the process might
    /// wait for ever: it goes to this very thread.
    private func end(by number: Int32) {
        isOpen.withLock { isOpen in
            if isOpen { letGo() }
            signal(number, SIG_DFL)
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, number)
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            raise(number)
        }
    }

    private func letGo() {
        try? leash.close()
        _ = try? guardian.wait()
    }

    /// A file of 200 MB has to fit three times: as served, as sent, as received.
    private static var memory: String {
        var room = statvfs()
        let fits = statvfs("/dev/shm", &room) == 0 && room.f_bavail * room.f_frsize > 1_000_000_000
        return fits ? "/dev/shm" : FileManager.default.temporaryDirectory.path
    }

    /// Waits for the end of its input, then removes what bears the prefix. Processes get two seconds to end in order.
    private static let removal = """
        trap '' INT TERM HUP
        cat >/dev/null
        namespaces=$(ip netns list | cut -d' ' -f1 | grep "^$1-")
        processes() { for each in $namespaces; do ip netns pids "$each"; done; }
        kill -TERM $(processes) 2>/dev/null
        tries=40
        while [ -n "$(processes)" ] && [ $((tries -= 1)) -gt 0 ]; do sleep 0.05; done
        kill -KILL $(processes) 2>/dev/null
        for each in $namespaces; do ip netns delete "$each"; done
        rm -rf "$2"
        """
}
