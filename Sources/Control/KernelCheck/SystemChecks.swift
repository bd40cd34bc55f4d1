// Checks of the machine as a whole: kernel version, locked memory, kernel parameters.

struct SystemChecks {
    let configuration: Configuration
    let machine: Machine

    var findings: [Finding] {
        [version, lockedMemory, forwarding, localPorts, reservedPorts]
    }

    private var version: Finding {
        let numbers = machine.release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2, (numbers[0], numbers[1]) < (6, 1) else {
            return .ok("kernel-version", "the kernel is \(machine.release)")
        }
        return .mend(
            "kernel-version", "the kernel is \(machine.release), and 6.1 is the oldest that Sallyport is tested on",
            why:
                "one memory for the sockets of two interfaces needs 5.10, and one-use pinholes (compare-and-swap in BPF) 5.12",
            commands: ["apt-get install linux-image-amd64 && reboot"])
    }

    private var lockedMemory: Finding {
        if machine.locksMemoryFreely { return .ok("locked-memory", "this user may lock memory for packet buffers") }
        return .mend(
            "locked-memory", "this user has a limit on locked memory, and no CAP_IPC_LOCK",
            why: "the packet buffers of AF_XDP sockets are locked memory; in a systemd unit, set LimitMEMLOCK=infinity",
            commands: ["ulimit -l unlimited"])
    }

    private var forwarding: Finding {
        if machine.parameters["net/ipv4/ip_forward"] == "1" { return .ok("ip-forward", "net.ipv4.ip_forward is 1") }
        return .mend(
            "ip-forward", "net.ipv4.ip_forward is not 1",
            why: "without it the kernel gives no routes to packets that pass through",
            commands: ["sysctl -w net.ipv4.ip_forward=1"], tuning: "sysctls net.ipv4.ip_forward=1")
    }

    private var reservedPorts: Finding {
        let block = configuration.nat.ports
        let list = machine.parameters["net/ipv4/ip_local_reserved_ports"] ?? ""
        let reserved = list.split(separator: ",").compactMap { ClosedRange<UInt16>($0) }
        if block.allSatisfy({ port in reserved.contains { $0.contains(port) } }) {
            return .ok("reserved-ports", "net.ipv4.ip_local_reserved_ports has the block \(block.text)")
        }
        let touching = reserved.filter { $0.overlaps(block) }
        let merged = touching.reduce(block) {
            min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound)
        }
        let wanted = (reserved.filter { !$0.overlaps(block) } + [merged]).map(\.text).joined(separator: ",")
        return .mend(
            "reserved-ports", "net.ipv4.ip_local_reserved_ports is without the block \(block.text), or part of it",
            why: "a connection of the router itself could take a port that the gateway has given to a conversation",
            commands: ["sysctl -w net.ipv4.ip_local_reserved_ports=\(wanted)"], tuning: "reserve-ports \(block.text)")
    }

    /// The reserved block may leave the router's own connections hardly a port.
    private var localPorts: Finding {
        let block = configuration.nat.ports
        let text = machine.parameters["net/ipv4/ip_local_port_range"] ?? ""
        let ends = text.split { $0.isWhitespace }.compactMap { UInt16($0) }
        let range = ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : 32768...60999
        let left = range.count - (range.overlaps(block) ? range.clamped(to: block).count : 0)
        if left >= 1024 {
            return .ok("local-ports", "net.ipv4.ip_local_port_range has \(left) ports outside the block \(block.text)")
        }
        let complement = block.complement
        return .mend(
            "local-ports", "net.ipv4.ip_local_port_range has \(left) ports outside the block \(block.text)",
            why: "the router's own connections may not use the block"
                + (complement == nil ? ", which leaves no 1024 ports: make nat.ports smaller" : ""),
            commands: complement.map {
                ["sysctl -w net.ipv4.ip_local_port_range='\($0.lowerBound) \($0.upperBound)'"]
            } ?? [],
            tuning: complement.map { "sysctls net.ipv4.ip_local_port_range='\($0.lowerBound) \($0.upperBound)'" })
    }
}
