// The state directory: where a running gateway leaves what the command line reads, and how a second one is kept out.
//
// The file `lock` is locked as long as the gateway lives, whatever way it ends; its content is the gateway's process
// number. It is an open-file-description lock (fcntl(2)), which can be tested without taking it: a `status` that ran
// just then could otherwise keep a gateway from starting.

import Foundation
import Synchronization

/// The claim of one gateway to a state directory. Invariant: at most one exists for a directory, over all processes.
public final class StateDirectory: Sendable {
    private let path: String
    private let lock: Int32
    private let names = Mutex<Set<String>>([])
    private let made = Mutex<[String]>([])

    /// Makes the directory (0755) where it is missing, and claims it.
    /// - Throws: `ControlError` when another gateway lives there, or the directory cannot be used.
    public init(claiming path: String) throws(ControlError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        } catch {
            throw ControlError("cannot make the state directory \(path): \((error as NSError).localizedDescription)")
        }
        lock = try Self.claim(path)
    }

    deinit {
        // A program that is just being started has a copy of the descriptor until it executes; closing ours leaves that.
        var unlock = Self.wholeFile
        unlock.l_type = Int16(F_UNLCK)
        _ = fcntl(lock, Self.setLock, &unlock)
        close(lock)
    }

    /// The path of a file of the gateway, which `release` removes.
    public func file(named name: String) -> String {
        names.withLock { _ = $0.insert(name) }
        return "\(path)/\(name)"
    }

    /// Makes an empty file of the gateway, which bears its name when `showFiles` is called, and replaces one that a
    /// killed gateway has left; so a reader never sees a file before it is filled, or sees it shrink.
    /// - Returns: its descriptor, which is the caller's.
    /// - Throws: `ControlError` when it cannot be made.
    public func make(_ name: String) throws(ControlError) -> Int32 {
        let hidden = file(named: name) + StateDirectory.hidden
        made.withLock { $0.append(name) }
        let descriptor = open(hidden, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ControlError("cannot make \(hidden)", errno: errno) }
        return descriptor
    }

    /// Shows the files that were made.
    /// - Throws: `ControlError` when one cannot be renamed.
    public func showFiles() throws(ControlError) {
        for name in made.withLock({ $0 }) {
            guard rename("\(path)/\(name)\(StateDirectory.hidden)", "\(path)/\(name)") == 0 else {
                throw ControlError("cannot rename \(path)/\(name)\(StateDirectory.hidden)", errno: errno)
            }
        }
        made.withLock { $0 = [] }
    }

    /// Replaces `gateway.json` in one step: readers see the old or the new one.
    /// - Throws: `ControlError` when it cannot be written.
    public func publish(_ state: GatewayState) throws(ControlError) {
        let file = file(named: Self.stateName)
        do {
            try state.encoded().write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            throw ControlError("cannot write \(file): \((error as NSError).localizedDescription)")
        }
    }

    /// Removes the gateway's files, and the directory when nothing else is in it. The claim itself ends with this object.
    public func release() {
        for name in names.withLock({ $0 }) { unlink("\(path)/\(name)") }
        for name in made.withLock({ $0 }) { unlink("\(path)/\(name)\(StateDirectory.hidden)") }
        unlink("\(path)/\(Self.lockName)")
        rmdir(path)
    }

    private static let stateName = "gateway.json"
    private static let lockName = "lock"
    private static let hidden = ".new"

    private static func claim(_ path: String) throws(ControlError) -> Int32 {
        let file = "\(path)/\(lockName)"
        while true {
            let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else {
                throw ControlError(
                    "cannot open \(file)", errno: errno, advice: "run as root, or name another state-directory")
            }
            var claim = wholeFile
            guard fcntl(descriptor, setLock, &claim) == 0 else {
                let error = errno
                close(descriptor)
                guard error == EAGAIN || error == EACCES else {
                    throw ControlError("cannot lock \(file)", errno: error)
                }
                throw ControlError(
                    "a gateway is already running\(pid(path).map { " with pid \($0)" } ?? "") and holds \(path); stop it "
                        + "first, or give this one interfaces and a state-directory of its own")
            }
            // Its last owner may have removed the file between our open and our lock; then it is nobody's, and no claim.
            guard isSameFile(descriptor, file) else {
                close(descriptor)
                continue
            }
            ftruncate(descriptor, 0)
            let pid = Array("\(getpid())\n".utf8)
            guard pwrite(descriptor, pid, pid.count, 0) == pid.count else {
                let error = errno
                close(descriptor)
                throw ControlError("cannot write \(file)", errno: error)
            }
            return descriptor
        }
    }

    private static func isSameFile(_ descriptor: Int32, _ path: String) -> Bool {
        var (opened, named) = (stat(), stat())
        return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino
            && opened.st_dev == named.st_dev
    }

    /// F_OFD_GETLK and F_OFD_SETLK of fcntl.h, which the C library shows to _GNU_SOURCE only.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    private static var wholeFile: flock {
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        return lock
    }
}

extension StateDirectory {
    /// What a state directory says.
    public enum Content: Equatable, Sendable {
        /// No gateway has been here, or the last one stopped cleanly.
        case none
        /// A gateway ended without cleaning up. Its files are of no use.
        case stale
        /// A gateway lives, and has not published its state yet.
        case starting(pid: Int32?)
        /// A gateway lives.
        case running(GatewayState)
    }

    /// Reads a state directory without disturbing who owns it.
    /// - Throws: `ControlError` when it may not be read, or its gateway is of a version that writes another format.
    public static func content(of path: String) throws(ControlError) -> Content {
        let file = "\(path)/\(lockName)"
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return .none }
            throw ControlError("cannot open \(file)", errno: errno, advice: "run as root")
        }
        defer { close(descriptor) }
        var lock = wholeFile
        guard fcntl(descriptor, getLock, &lock) == 0 else { throw ControlError("cannot test \(file)", errno: errno) }
        if lock.l_type == Int16(F_UNLCK) { return .stale }
        let pid = pid(path)
        guard let data = FileManager.default.contents(atPath: "\(path)/\(stateName)") else {
            return .starting(pid: pid)
        }
        do {
            let state = try GatewayState(decoding: data)
            // A state of another process was left by one that was killed.
            return state.pid == pid ? .running(state) : .starting(pid: pid)
        } catch {
            throw ControlError("\(path)/\(stateName) cannot be understood: is the running gateway of another version?")
        }
    }

    private static func pid(_ path: String) -> Int32? {
        (try? String(contentsOfFile: "\(path)/\(lockName)", encoding: .utf8)).flatMap {
            Int32($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }
}
