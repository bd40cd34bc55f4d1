import Foundation
import Lab

/// A virtual machine under software emulation, whose files are the host's, read-only, and which runs commands.
///
/// Its second serial port is a shell, see `init`. Commands write into a folder that host and guest share.
final class Guest {
    /// The shared folder, as the host sees it; the guest sees it as `/mnt`.
    let folder: String
    private let machine: ChildProcess
    private let shell: FileHandle
    private let console: String
    private var commands = 0

    /// Boots it, with the cards of the given networks, in a namespace where their tap devices are.
    ///
    /// - Parameter boot: the folder that `prepare-guest` has filled.
    /// - Throws: `NoGuest` where it does not come up.
    init(boot: String, networks: [Network], in namespace: Namespace, sandbox: Sandbox) throws {
        let pipe = "\(sandbox.directory)/shell"
        console = "\(sandbox.directory)/console"
        folder = "\(sandbox.directory)/share"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try ChildProcess(["mkfifo", pipe]).succeed()
        // For both directions, so that opening it does not wait for the other end.
        guard let shell = FileHandle(forUpdatingAtPath: pipe) else { throw LabError("cannot open \(pipe)") }
        self.shell = shell
        machine = try namespace.start(
            ["sh", "-c", "exec \"$@\" <\"$0\"", pipe] + Guest.qemu(boot, folder, console)
                + networks.flatMap(\.devices))
        do {
            try machine.wait(for: "READY", limit: 90)
        } catch {
            throw NoGuest("the guest does not boot. \(error)\n\(consoleText)")
        }
    }

    private static func qemu(_ boot: String, _ folder: String, _ console: String) -> [String] {
        [
            "qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max,-la57", "-smp", "2",
            "-m", "1024", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", "\(boot)/kernel", "-initrd", "\(boot)/initrd",
            "-append", "console=ttyS0 quiet panic=-1 net.ifnames=0 mitigations=off nokaslr",
            "-serial", "file:\(console)", "-serial", "stdio",
            "-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap",
            "-device", "virtio-9p-pci,fsdev=host,mount_tag=host",
            "-fsdev", "local,id=share,path=\(folder),security_model=none",
            "-device", "virtio-9p-pci,fsdev=share,mount_tag=share",
        ]
    }

    /// Runs a shell command in the guest, to its end.
    ///
    /// - Returns: its exit code, and what it wrote to either stream.
    func outcome(of command: String, limit: TimeInterval = 60) throws -> (status: Int, output: String) {
        commands += 1
        let (file, mark) = ("command\(commands)", "<\(commands)>")
        try shell.write(
            contentsOf: Data(
                "(\(command)\n) </dev/null >/mnt/\(file) 2>&1; echo $? >/mnt/\(file).status; echo '\(mark)'\n".utf8))
        try machine.wait(for: mark, limit: limit)
        let status = try String(contentsOfFile: "\(folder)/\(file).status", encoding: .utf8)
        return (
            Int(status.trimmingCharacters(in: .newlines)) ?? -1,
            try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
        )
    }

    /// Runs a shell command that has to succeed.
    @discardableResult
    func run(_ command: String, limit: TimeInterval = 60) throws -> String {
        let (status, output) = try outcome(of: command, limit: limit)
        guard status == 0 else { throw LabError("in the guest, \(command) failed with \(status):\n\(output)") }
        return output
    }

    /// What its kernel has complained about since it booted: warnings, bugs, and why it is tainted.
    var complaints: String {
        get throws {
            let log = try run("dmesg")
            let marks = ["WARNING:", "BUG:", "Oops", "Call Trace", "NETDEV WATCHDOG", "detected stalls"]
            let lines = log.split(separator: "\n").filter { line in marks.contains { line.contains($0) } }
            let tainted = try run("cat /proc/sys/kernel/tainted").trimmingCharacters(in: .newlines)
            return (lines.map(String.init) + (tainted == "0" ? [] : ["tainted: \(tainted)"])).joined(separator: "\n")
        }
    }

    /// What stands on its console, for a failure's report.
    var consoleText: String {
        (try? String(contentsOfFile: console, encoding: .utf8)) ?? ""
    }
}

/// Why there is no guest to test in.
struct NoGuest: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
