// Checks of the configured interfaces and of the public addresses on them.

import Routing

struct InterfaceChecks {
    let configuration: Configuration
    let machine: Machine

    /// A configured interface that exists.
    private struct Configured {
        let wanted: Configuration.Interface
        let interface: Interface
        let card: Interface
    }

    var findings: [Finding] {
        let configured = configuration.interfaces.compactMap { wanted in
            machine.interfaces.first { $0.name == wanted.name }
                .map { Configured(wanted: wanted, interface: $0, card: machine.card(of: $0)) }
        }
        let each = configured.flatMap { [state($0), forwarding($0), xdp($0), receiveOffloads($0)] + vlanOffload($0) }
        return missing + each + mtu(configured) + publicAddresses
    }

    private var missing: [Finding] {
        configuration.interfaces.map(\.name).filter { name in !machine.interfaces.contains { $0.name == name } }.map {
            .mend(
                "interface", about: $0, "there is no such interface",
                why: "the configuration names it; see which there are",
                commands: ["ip -brief link"])
        }
    }

    private func state(_ configured: Configured) -> Finding {
        let name = configured.interface.name
        if configured.interface.isUp { return .ok("interface", about: name, "it is up") }
        return .mend(
            "interface", about: name, "it is down", why: "nothing arrives on it",
            commands: ["ip link set dev \(name) up"])
    }

    private func forwarding(_ configured: Configured) -> Finding {
        let name = configured.interface.name
        let path = "net/ipv4/conf/\(name)/forwarding"
        if machine.parameters[path] == "1" { return .ok("forwarding", about: name, "\(path) is 1") }
        return .mend(
            "forwarding", about: name, "\(path) is not 1",
            why: "without it the kernel gives no routes to packets that arrive on it",
            commands: ["sysctl -w \(path)=1"],
            tuning: "sysctls \(path)=1")
    }

    private func xdp(_ configured: Configured) -> Finding {
        let name = configured.card.name
        guard let xdp = configured.card.xdp else { return .ok("xdp", about: name, "no XDP program is attached") }
        if let running = machine.running, running.interfaces.contains(where: { $0.name == configured.interface.name }) {
            return .ok("xdp", about: name, "the XDP program of the running gateway (pid \(running.pid)) is attached")
        }
        let programs = xdp.program == 0 ? "XDP programs are attached" : "XDP program \(xdp.program) is attached"
        let flags: [String] =
            switch xdp.mode {
            case .native: ["xdpdrv"]
            case .generic: ["xdpgeneric"]
            case .offloaded: ["xdpoffload"]
            case .multiple: ["xdpdrv", "xdpgeneric"]
            }
        return .mend(
            "xdp", about: name, programs, why: "Sallyport's own has to take its place",
            commands: flags.map { "ip link set dev \(name) \($0) off" })
    }

    private func receiveOffloads(_ configured: Configured) -> Finding {
        let active = active(["rx-lro", "rx-gro-hw"], on: configured.card)
        return offloads(
            "receive-offloads", configured.card, active, right: "the card leaves packets as they came",
            why: "the card merges packets before XDP sees them, which changes what is forwarded")
    }

    /// Also for a card whose VLAN devices are not configured: without their tags, their packets look like its own.
    private func vlanOffload(_ configured: Configured) -> [Finding] {
        let card = configured.card
        guard machine.interfaces.contains(where: { $0.vlan?.lower == card.index }) else { return [] }
        let active = active(["rx-vlan-hw-parse", "rx-vlan-stag-hw-parse"], on: card)
        return [
            offloads(
                "vlan-offload", card, active, right: "VLAN tags stay in the packets",
                why: "the card takes VLAN tags off before XDP sees them, so packets of different VLANs look alike")
        ]
    }

    private func active(_ names: [String], on card: Interface) -> [Feature] {
        (machine.features[card.name] ?? []).filter { names.contains($0.name) && $0.isActive }
    }

    private func offloads(
        _ name: String, _ card: Interface, _ active: [Feature], right: String, why: String
    ) -> Finding {
        if active.isEmpty { return .ok(name, about: card.name, right) }
        let fixed = active.filter { !$0.isChangeable }.map(\.name)
        return .mend(
            name, about: card.name, "on: \(active.map(\.name).joined(separator: ", "))",
            why: why + (fixed.isEmpty ? "" : "; its driver cannot turn off \(fixed.joined(separator: ", "))"),
            commands: active.filter(\.isChangeable).map { "ethtool -K \(card.name) \($0.name) off" },
            tuning: fixed.count < active.count ? "offloads \(card.name)" : nil)
    }

    /// Drivers take an XDP program only where a packet fits one page of 4096 bytes beside 256 of headroom, 320 for the
    /// kernel's description of it, and Ethernet's 14 with two VLAN tags: 3498.
    private static let largestMTU: UInt32 = 3498

    private func mtu(_ configured: [Configured]) -> [Finding] {
        let large = configured.filter { $0.interface.mtu > Self.largestMTU }.map {
            Finding.mend(
                "mtu", about: $0.interface.name, "its MTU is \($0.interface.mtu)",
                why: "with more than \(Self.largestMTU) a packet does not fit a page, and drivers refuse XDP programs",
                commands: ["ip link set dev \($0.interface.name) mtu 1500"])
        }
        let sizes = Set(configured.map(\.interface.mtu)).sorted()
        guard large.isEmpty else { return large }
        let text = sizes.map(String.init).joined(separator: " and ")
        if sizes.count < 2 { return [.ok("mtu", "all interfaces have an MTU of \(text)")] }
        return [
            .note(
                "mtu", "the interfaces have MTUs of \(text)",
                why:
                    "data packets too big for their way out leave XDP for the worker; ICMP then tells their sender, but "
                    + "not of those that arrive on a queue without a socket (alg-queues)")
        ]
    }

    private var publicAddresses: [Finding] {
        let outside = configuration.interfaces.filter { $0.side == .outside }.map(\.name)
        return configuration.nat.addresses.map { address in
            let holders = machine.addresses.filter { $0.ipv4 == address }.compactMap { held in
                machine.interfaces.first { $0.index == held.interface }?.name
            }
            if let name = holders.first(where: outside.contains) {
                return .ok("public-address", about: "\(address)", "it is on \(name)")
            }
            return .mend(
                "public-address", about: "\(address)",
                holders.isEmpty
                    ? "no interface has it" : "it is on \(holders.joined(separator: ", ")), which is not outside",
                why: "replies to it have to arrive: the router answers ARP for it where an outside interface has it",
                commands: outside.prefix(1).map { "ip address add \(address)/32 dev \($0)" })
        }
    }
}
