// A rule by which the kernel itself translates source addresses, whichever program lists it.
//
// Two translators share the ports of a public address. That goes well only when the kernel's rules keep out of the
// gateway's block, and they do so when they are given a range of their own.

import WireFormats

struct SourceNATRule: Equatable {
    /// The conditions on the output interface, all of which have to hold.
    var outputs: [OutputMatch] = []
    var protocols = Protocols.all
    var source: Source
    /// The range that it is given; nil when it may take any port.
    var ports: ClosedRange<UInt16>?

    struct OutputMatch: Equatable {
        /// A name that ends with * or + stands for all that begin like it.
        let names: [String]
        let isNegated: Bool

        func holds(for interface: String) -> Bool {
            let isNamed = names.contains { name in
                name.last == "*" || name.last == "+" ? interface.hasPrefix(name.dropLast()) : interface == name
            }
            return isNamed != isNegated
        }
    }

    struct Protocols: OptionSet {
        let rawValue: UInt8
        static let tcp = Protocols(rawValue: 1)
        static let udp = Protocols(rawValue: 2)
        static let other = Protocols(rawValue: 4)
        static let transport: Protocols = [.tcp, .udp]
        static let all: Protocols = [.tcp, .udp, .other]

        /// By its name or number.
        init(named name: String) {
            switch name {
            case "tcp", "6": self = .tcp
            case "udp", "17": self = .udp
            case "all", "0": self = .all
            default: self = .other
            }
        }

        init(rawValue: UInt8) { self.rawValue = rawValue }
    }

    enum Source: Equatable {
        /// Whatever address the output interface has.
        case masquerade
        case address(IPv4Address)
        /// A range, a map, or something newer than this program.
        case several
    }

    /// Whether it may give a conversation of its own a port of the gateway's.
    func mayTakePorts(of configuration: Configuration) -> Bool {
        let outside = configuration.interfaces.filter { $0.side == .outside }.map(\.name)
        guard !protocols.isDisjoint(with: .transport),
            outside.contains(where: { name in outputs.allSatisfy { $0.holds(for: name) } })
        else { return false }
        if case .address(let address) = source, !configuration.nat.addresses.contains(address) { return false }
        return ports?.overlaps(configuration.nat.ports) ?? true
    }

    /// The finding about such a rule; `commands` get the range that the block leaves to the kernel.
    static func finding(
        _ name: String, _ subject: String, rule text: String, _ configuration: Configuration,
        commands: (ClosedRange<UInt16>) -> [String]
    ) -> Finding {
        let complement = configuration.nat.ports.complement
        let commands = complement.map(commands) ?? []
        let reason = "it may take ports of the block \(configuration.nat.ports.text)"
        let advice =
            switch (complement, commands.isEmpty) {
            case (nil, _): ", which leaves no range of 1024 ports to the kernel: make nat.ports smaller"
            case (let range?, true): "; give it the range \(range.text) by hand"
            case (_, false): ""
            }
        return .mend(name, about: subject, text, why: reason + advice, commands: commands)
    }
}
