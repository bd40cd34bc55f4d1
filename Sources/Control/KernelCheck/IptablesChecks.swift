// Checks of the source NAT rules of iptables, as `iptables-save -t nat` writes them (iptables-extensions(8)).

import WireFormats

struct IptablesChecks {
    let configuration: Configuration
    let machine: Machine
    private static let name = "iptables-nat"

    var findings: [Finding] {
        switch machine.iptables {
        case .absent: return [.ok(Self.name, "iptables is not installed")]
        case .unreadable(let reason):
            return [.note(Self.name, reason, why: "its rules may take ports of the gateway's block")]
        case .text(let listing):
            let rules = rules(listing)
            // The last first: a command that inserts a rule moves those after it.
            let findings = rules.reversed().filter { rule in
                rule.meaning.mayTakePorts(of: configuration) && !isCovered(rule, by: rules)
            }.map(finding)
            return findings.isEmpty
                ? [.ok(Self.name, "no rule takes ports of the block \(configuration.nat.ports.text)")] : findings
        }
    }

    private struct Rule {
        let chain: String
        /// From 1, as iptables counts.
        let position: Int
        /// The words after the chain's name.
        let words: [String]
        let meaning: SourceNATRule

        /// What else it matches on: everything but protocol and target.
        var conditions: [String] { Array(words.removing("-p").prefix { $0 != "-j" }) }
    }

    private func rules(_ listing: String) -> [Rule] {
        var lengths: [String: Int] = [:]
        return listing.split(separator: "\n").compactMap { line in
            let words = Self.words(line)
            guard words.count > 2, words[0] == "-A" else { return nil }
            lengths[words[1], default: 0] += 1
            return SourceNATRule(iptables: words).map {
                Rule(chain: words[1], position: lengths[words[1]]!, words: Array(words.dropFirst(2)), meaning: $0)
            }
        }
    }

    /// Whether rules before it take TCP and UDP, and leave it what has no ports.
    private func isCovered(_ rule: Rule, by rules: [Rule]) -> Bool {
        let earlier = rules.filter {
            $0.chain == rule.chain && $0.position < rule.position && $0.conditions == rule.conditions
                && !$0.meaning.mayTakePorts(of: configuration)
        }
        let taken = earlier.reduce(into: SourceNATRule.Protocols()) { $0.formUnion($1.meaning.protocols) }
        return rule.meaning.protocols.intersection(.transport).isSubset(of: taken)
    }

    private func finding(_ rule: Rule) -> Finding {
        SourceNATRule.finding(
            Self.name, "\(rule.chain) \(rule.position)", rule: rule.words.shellText, configuration
        ) { commands(rule, $0) }
    }

    /// A range needs a match on one protocol, so a rule for every protocol gets one before it for TCP and one for UDP.
    private func commands(_ rule: Rule, _ range: ClosedRange<UInt16>) -> [String] {
        guard let target = target(rule, range) else { return [] }
        if rule.meaning.protocols == .tcp || rule.meaning.protocols == .udp {
            let words = Array(rule.words.prefix { $0 != "-j" }) + target
            return ["iptables -t nat -R \(rule.chain) \(rule.position) \(words.shellText)"]
        }
        return ["tcp", "udp"].map { name in
            let words = rule.conditions + ["-p", name] + target
            return "iptables -t nat -I \(rule.chain) \(rule.position) \(words.shellText)"
        }
    }

    /// The target with that range instead of the one it may have; nil for a range of addresses.
    private func target(_ rule: Rule, _ range: ClosedRange<UInt16>) -> [String]? {
        let words = Array(rule.words.drop { $0 != "-j" })
        switch rule.meaning.source {
        case .masquerade: return words.removing("--to-ports") + ["--to-ports", range.text]
        case .address(let address): return words.removing("--to-source") + ["--to-source", "\(address):\(range.text)"]
        case .several: return nil
        }
    }

    /// Cut at spaces outside quotation marks; within them a backslash takes the next character as it is
    /// (xtables_save_string in libxtables).
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        var isEscaped = false
        for character in line {
            switch character {
            case _ where isEscaped:
                word = (word ?? "") + String(character)
                isEscaped = false
            case "\\" where isQuoted: isEscaped = true
            case "\"":
                isQuoted.toggle()
                word = word ?? ""
            case " " where !isQuoted:
                if let word { words.append(word) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }
}

extension [String] {
    fileprivate var shellText: String { map(\.shellWord).joined(separator: " ") }

    /// Without an option, its value and a negation before it.
    fileprivate func removing(_ option: String) -> [String] {
        guard let index = firstIndex(of: option) else { return self }
        let start = index > 0 && self[index - 1] == "!" ? index - 1 : index
        return Array(self[..<start] + self[Swift.min(index + 2, count)...])
    }

    fileprivate func value(of option: String) -> (text: String, isNegated: Bool)? {
        guard let index = firstIndex(of: option), index + 1 < count else { return nil }
        return (self[index + 1], index > 0 && self[index - 1] == "!")
    }
}

extension SourceNATRule {
    /// From a rule's words; nil when it does no source NAT.
    fileprivate init?(iptables words: [String]) {
        switch words.value(of: "-j")?.text {
        case "MASQUERADE":
            self.init(source: .masquerade)
            ports = words.value(of: "--to-ports").flatMap { ClosedRange($0.text) }
        case "SNAT":
            let parts = words.value(of: "--to-source")?.text.split(separator: ":") ?? []
            self.init(source: parts.first.flatMap { IPv4Address($0) }.map { .address($0) } ?? .several)
            ports = parts.count == 2 ? ClosedRange(parts[1]) : nil
        default: return nil
        }
        if let output = words.value(of: "-o") {
            outputs.append(OutputMatch(names: [output.text], isNegated: output.isNegated))
        }
        if let match = words.value(of: "-p") {
            let named = Protocols(named: match.text)
            protocols = match.isNegated ? Protocols.all.subtracting(named.intersection(.transport)) : named
        }
    }
}
