// A program that the lab has started, in a process group of its own, with everything that it has printed.
//
// Invariants: a thread of its own reads its output, so that it never blocks on a full pipe; every wait has a limit;
// the whole group ends with it.

import Dispatch
import Foundation
import Glibc
import Synchronization

/// A running or ended program. One thread at a time may wait for it.
public final class ChildProcess: Sendable {
    /// How a program ended, and what it printed.
    public struct Outcome: Sendable {
        /// The exit code, or 128 and the signal's number, as shells count.
        public let status: Int32
        /// Standard output.
        public let output: String
        /// Standard error.
        public let errors: String
    }

    /// The process's number, which is its group's too.
    public let pid: pid_t
    private let arguments: [String]
    private let state = Mutex(State())
    /// Signalled after every change of the state. (Not NSCondition: now and then Foundation's hands the C library a
    /// deadline that it refuses, and the wait returns at once, without having let go of the lock.)
    private let changed = DispatchSemaphore(value: 0)

    private struct State {
        var output = Data()
        var errors = Data()
        var status: Int32?
    }

    /// Starts a program found through PATH.
    ///
    /// - Parameters:
    ///   - arguments: the program and its arguments.
    ///   - environment: variables added to this process's own.
    ///   - input: what its standard input is a copy of; nothing by default.
    ///   - errors: what its standard error is a copy of; by default it is read like its output.
    /// - Throws: `LabError` where the program cannot be started.
    public init(
        _ arguments: [String], environment: [String: String] = [:], input: FileHandle = .nullDevice,
        errors: FileHandle? = nil
    ) throws {
        self.arguments = arguments
        let (outputPipe, errorPipe) = (Pipe(), Pipe())
        pid = try ChildProcess.spawn(
            arguments, environment: environment,
            descriptors: [
                input.fileDescriptor, outputPipe.fileHandleForWriting.fileDescriptor,
                (errors ?? errorPipe.fileHandleForWriting).fileDescriptor,
            ])
        try outputPipe.fileHandleForWriting.close()
        try errorPipe.fileHandleForWriting.close()
        let (output, said) = (outputPipe.fileHandleForReading, errorPipe.fileHandleForReading)
        Thread.detachNewThread { [self] in read(output, said) }
    }

    /// Waits for the end, at most `limit` seconds; a program that takes longer is killed.
    ///
    /// - Throws: `LabError` with its output when the limit passes.
    public func wait(limit: TimeInterval = 60) throws -> Outcome {
        let outcome: Outcome? = waitUntil(DispatchTime.now() + limit) { state in
            state.status.map { status in
                Outcome(
                    status: status, output: String(decoding: state.output, as: UTF8.self),
                    errors: String(decoding: state.errors, as: UTF8.self))
            }
        }
        guard let outcome else {
            kill(-pid, SIGKILL)
            throw LabError("\(command) did not end within \(Int(limit)) s. \(printed)")
        }
        return outcome
    }

    /// A place in what it prints: what was there then is before it.
    public struct Mark: Sendable {
        fileprivate let output: Int
        fileprivate let errors: Int

        /// Before everything.
        public static let beginning = Mark(output: 0, errors: 0)
    }

    /// After all that it has printed so far.
    public var mark: Mark {
        state.withLock { Mark(output: $0.output.count, errors: $0.errors.count) }
    }

    /// Waits until what it prints after `mark`, on either stream, contains `text`.
    ///
    /// - Throws: `LabError` when the program ends or `limit` seconds pass before that.
    public func wait(for text: String, after mark: Mark = .beginning, limit: TimeInterval = 30) throws {
        if wait(forAnyOf: [text], after: mark, limit: limit) != nil { return }
        let end = isRunning ? "\(Int(limit)) s passed" : "it ended"
        throw LabError("\(command) did not say \"\(text)\" before \(end). \(printed)")
    }

    /// Waits until what it prints after `mark`, on either stream, contains one of `texts`.
    ///
    /// - Returns: that text; nil when the program ends or `limit` seconds pass before that.
    public func wait(forAnyOf texts: [String], after mark: Mark = .beginning, limit: TimeInterval) -> String? {
        let found: String?? = waitUntil(DispatchTime.now() + limit) { state in
            let text = texts.first { text in
                let wanted = Data(text.utf8)
                return state.output.dropFirst(mark.output).range(of: wanted) != nil
                    || state.errors.dropFirst(mark.errors).range(of: wanted) != nil
            }
            return text != nil || state.status != nil ? .some(text) : nil
        }
        return found ?? nil
    }

    /// Waits for the end, which has to be exit code 0.
    ///
    /// - Returns: what it wrote to standard output.
    @discardableResult
    public func succeed(limit: TimeInterval = 60) throws -> String {
        let outcome = try wait(limit: limit)
        guard outcome.status == 0 else { throw LabError("\(command) failed with \(outcome.status). \(printed)") }
        return outcome.output
    }

    /// Whether it has not ended yet.
    public var isRunning: Bool {
        state.withLock { $0.status == nil }
    }

    /// Sends a signal to the whole group and waits for the end; after `limit` seconds kills it.
    @discardableResult
    public func stop(signal: Int32 = SIGTERM, limit: TimeInterval = 10) throws -> Outcome {
        kill(-pid, signal)
        return try wait(limit: limit)
    }

    /// The first answer that is not nil; nil once the deadline has passed.
    private func waitUntil<Answer>(_ deadline: DispatchTime, _ answer: (State) -> Answer?) -> Answer? {
        repeat {
            if let answer = state.withLock({ answer($0) }) { return answer }
        } while changed.wait(timeout: deadline) == .success
        return nil
    }

    private func read(_ output: FileHandle, _ errors: FileHandle) {
        var polls = [
            pollfd(fd: output.fileDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors.fileDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        while polls.contains(where: { $0.fd >= 0 }) {
            poll(&polls, nfds_t(polls.count), -1)
            for index in polls.indices where polls[index].revents != 0 {
                let data = (index == 0 ? output : errors).availableData
                if data.isEmpty { polls[index].fd = -1 }
                state.withLock { if index == 0 { $0.output.append(data) } else { $0.errors.append(data) } }
                changed.signal()
            }
        }
        var wait: Int32 = 0
        waitpid(pid, &wait, 0)
        let status = wait & 0x7f == 0 ? wait >> 8 & 0xff : 128 + wait & 0x7f
        state.withLock { $0.status = status }
        changed.signal()
    }

    private var command: String { arguments.joined(separator: " ") }

    /// Everything that it has printed so far: standard output, then standard error.
    public var text: String {
        state.withLock { String(decoding: $0.output + $0.errors, as: UTF8.self) }
    }

    private var printed: String {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? "It printed nothing." : "It printed:\n\(text.suffix(4000))"
    }

    private static func spawn(
        _ arguments: [String], environment: [String: String], descriptors: [Int32]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        // And no other: a pipe that a stranger holds open never ends. Foundation's descriptors pass to children, and
        // other threads open them at any time, so whatever number one could have here is closed there.
        for descriptor in Int32(descriptors.count)..<1024 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The lab may ignore signals that a program of its must still take; signals that a terminal sends are the lab's.
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var argumentList = arguments.map { strdup($0) } + [nil]
        var variableList = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argumentList + variableList { free(text) } }
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, arguments[0], &actions, &attributes, &argumentList, &variableList)
        guard error == 0 else {
            throw LabError("cannot start \(arguments[0]): \(String(cString: strerror(error)))")
        }
        return pid
    }
}
