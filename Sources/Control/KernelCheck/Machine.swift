// A picture of the machine, as far as a configuration depends on it.

import Foundation
import Routing

struct Machine: Sendable {
    /// As `uname -r` prints it.
    var release: String
    var interfaces: [Interface]
    var addresses: [LocalAddress]
    /// Of the cards below the configured interfaces, by name.
    var features: [String: [Feature]] = [:]
    /// The same.
    var channels: [String: Channels] = [:]
    /// The same; how they spread what they receive.
    var scaling: [String: CardScaling.Answer] = [:]
    /// The same; how many polls without a packet bring interrupts back, 0 where interrupts are never held back.
    var deferredInterrupts: [String: Int] = [:]
    /// How many there are to run on; nil where that is not known.
    var processors: Int?
    /// Huge pages of 2 MiB; nil where the kernel has none.
    var hugePages: HugePages?
    /// Kernel parameters by their path below /proc/sys.
    var parameters: [String: String] = [:]
    /// `nft -j list ruleset`, and the same with handles as text.
    var nftables: (rules: Listing, text: Listing)
    /// `iptables-save -t nat`.
    var iptables: Listing
    /// Whether this process may lock memory without limit (CAP_IPC_LOCK, or no RLIMIT_MEMLOCK).
    var locksMemoryFreely: Bool
    /// The gateway that runs with this configuration's state directory.
    var running: GatewayState?

    /// Pages set aside.
    struct HugePages: Sendable {
        var total: Int
        var free: Int
    }

    /// What a program printed.
    enum Listing: Equatable, Sendable {
        /// The program is not installed.
        case absent
        /// It failed.
        case unreadable(String)
        case text(String)
    }

    /// The card whose frames carry an interface's packets: itself, or what is below a VLAN device.
    func card(of interface: Interface) -> Interface {
        guard let vlan = interface.vlan, let lower = interfaces.first(where: { $0.index == vlan.lower }) else {
            return interface
        }
        return card(of: lower)
    }
}

extension Machine {
    /// Takes the picture in the calling thread's network namespace.
    init(for configuration: Configuration) throws {
        let kernel = try Kernel()
        release = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8).trimmed
        interfaces = try kernel.interfaces()
        addresses = try kernel.addresses()
        nftables = (Self.run("nft", "-j", "list", "ruleset"), Self.run("nft", "-a", "list", "ruleset"))
        iptables = Self.run("iptables-save", "-t", "nat")
        locksMemoryFreely = Self.locksMemoryFreely()
        if case .running(let state) = try? StateDirectory.content(of: configuration.gateway.stateDirectory) {
            running = state
        }
        processors = ProcessInfo.processInfo.activeProcessorCount
        let pages = "/sys/kernel/mm/hugepages/hugepages-2048kB"
        if let total = Self.number(in: "\(pages)/nr_hugepages"), let free = Self.number(in: "\(pages)/free_hugepages") {
            hugePages = HugePages(total: total, free: free)
        }
        let names = configuration.interfaces.map(\.name)
        let paths =
            ["net/ipv4/ip_forward", "net/ipv4/ip_local_reserved_ports", "net/ipv4/ip_local_port_range"]
            + names.map { "net/ipv4/conf/\($0)/forwarding" }
        for path in paths {
            parameters[path] = (try? String(contentsOfFile: "/proc/sys/\(path)", encoding: .utf8))?.trimmed
        }
        for interface in interfaces where names.contains(interface.name) {
            let card = card(of: interface).name
            features[card] = try kernel.features(of: card)
            channels[card] = try kernel.channels(of: card)
            scaling[card] = try kernel.scaling(of: card)
            deferredInterrupts[card] = Self.number(in: "/sys/class/net/\(card)/napi_defer_hard_irqs")
        }
    }

    private static func number(in file: String) -> Int? {
        (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Int($0.trimmed) }
    }

    private static func run(_ program: String, _ arguments: String...) -> Listing {
        let paths = ["/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"].map { $0 + program }
        guard let path = paths.first(where: { access($0, X_OK) == 0 }) else { return .absent }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            return .unreadable("\(path) cannot be started")
        }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0
            ? .text(text) : .unreadable("'\(program) \(arguments.joined(separator: " "))' failed: run this as root")
    }

    private static func locksMemoryFreely() -> Bool {
        let limits = (try? String(contentsOfFile: "/proc/self/limits", encoding: .utf8)) ?? ""
        let limit = limits.split(separator: "\n").first { $0.hasPrefix("Max locked memory") }
        if limit?.split(separator: " ").dropFirst(3).first == "unlimited" { return true }
        // capabilities(7): CAP_IPC_LOCK is number 14.
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let mask = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
            .flatMap { UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16) }
        return (mask ?? 0) & 1 << 14 != 0
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
