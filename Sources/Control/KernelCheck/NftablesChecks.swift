// Checks of the source NAT rules of nftables. Their meaning is read from `nft -j list ruleset` (libnftables-json(5));
// the text of `nft -a list ruleset` is what a command to replace one is made of.

import Foundation
import WireFormats

struct NftablesChecks {
    let configuration: Configuration
    let machine: Machine
    private static let name = "nftables-nat"

    var findings: [Finding] {
        switch machine.nftables.rules {
        case .absent: return [.ok(Self.name, "nft is not installed")]
        case .unreadable(let reason):
            return [.note(Self.name, reason, why: "its rules may take ports of the gateway's block")]
        case .text(let json):
            let findings = rules(json).filter { $0.meaning.mayTakePorts(of: configuration) }.map(finding)
            return findings.isEmpty
                ? [.ok(Self.name, "no rule takes ports of the block \(configuration.nat.ports.text)")] : findings
        }
    }

    private struct Rule {
        let place: String
        let handle: Int
        let table: String
        let meaning: SourceNATRule
    }

    private func rules(_ json: String) -> [Rule] {
        let root = (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? [String: Any]
        let objects = root?["nftables"] as? [[String: Any]] ?? []
        return objects.compactMap { $0["rule"] as? [String: Any] }.compactMap { rule in
            guard let family = rule["family"] as? String, family == "ip" || family == "inet",
                let table = rule["table"] as? String, let chain = rule["chain"] as? String,
                let handle = rule["handle"] as? Int, let expressions = rule["expr"] as? [[String: Any]],
                let meaning = SourceNATRule(nftables: expressions)
            else { return nil }
            return Rule(
                place: "\(family) \(table) \(chain)", handle: handle, table: "\(family) \(table)", meaning: meaning)
        }
    }

    private func finding(_ rule: Rule) -> Finding {
        let text = text(of: rule)
        return SourceNATRule.finding(
            Self.name, "\(rule.place) handle \(rule.handle)", rule: text ?? "a rule of source NAT", configuration
        ) { range in text.map { commands(rule, $0, range) } ?? [] }
    }

    /// The rule as nft writes it, without its handle. Handles are unique within a table.
    private func text(of rule: Rule) -> String? {
        guard case .text(let listing) = machine.nftables.text else { return nil }
        let lines = listing.split(separator: "\n").drop { !$0.hasPrefix("table \(rule.table) {") }.dropFirst()
        let ending = " # handle \(rule.handle)"
        return lines.prefix { !$0.hasPrefix("table ") }
            .first { $0.hasPrefix("\t\t") && $0.hasSuffix(ending) }
            .map { $0.dropLast(ending.count).trimmingCharacters(in: .whitespaces) }
    }

    /// A range needs a match on the protocol before it, so a rule for every protocol becomes two.
    private func commands(_ rule: Rule, _ text: String, _ range: ClosedRange<UInt16>) -> [String] {
        guard let words = NftablesStatement(text) else { return [] }
        let place = "\(rule.place) handle \(rule.handle)"
        let after = rule.place + " position \(rule.handle)"
        guard let ranged = words.ranged(range) else { return [] }
        if rule.meaning.protocols.isSubset(of: .transport) {
            return [quoted("replace rule \(place) \(words.before) \(ranged)")]
        }
        return [
            quoted("add rule \(after) \(words.before) meta l4proto != { tcp, udp } \(words.statement)"),
            quoted("replace rule \(place) \(words.before) meta l4proto { tcp, udp } \(ranged)"),
        ]
    }

    private func quoted(_ command: String) -> String {
        "nft " + command.shellWord
    }
}

/// A rule's text, cut at its statement of source NAT.
private struct NftablesStatement {
    /// The matches and statements before it.
    let before: String
    /// It and what follows, such as a comment.
    let statement: String
    private let words: [String]

    init?(_ text: String) {
        let all = Self.words(text)
        guard let start = all.firstIndex(where: { $0 == "masquerade" || $0 == "snat" }) else { return nil }
        before = all[..<start].joined(separator: " ")
        words = Array(all[start...])
        statement = words.joined(separator: " ")
    }

    /// The statement with that range instead of the one it may have; nil for forms that have no single address.
    func ranged(_ range: ClosedRange<UInt16>) -> String? {
        var words = words
        let target = words.firstIndex(of: "to").map { $0 + 1 }
        if words[0] == "masquerade" {
            words.replaceSubrange(1..<(target == 2 ? 3 : 1), with: ["to", ":\(range.text)"])
            return words.joined(separator: " ")
        }
        guard let target, target < words.count else { return nil }
        let address = words[target].prefix { $0 != ":" }
        guard IPv4Address(address) != nil else { return nil }
        words[target] = "\(address):\(range.text)"
        return words.joined(separator: " ")
    }

    /// Cut at spaces outside quotation marks.
    private static func words(_ text: String) -> [String] {
        var isQuoted = false
        return text.split { character in
            if character == "\"" { isQuoted.toggle() }
            return character == " " && !isQuoted
        }.map(String.init)
    }
}

extension SourceNATRule {
    /// From a rule's expressions; nil when it does no source NAT. What is not understood counts as matching everything.
    fileprivate init?(nftables expressions: [[String: Any]]) {
        guard let statement = expressions.first(where: { $0["masquerade"] != nil || $0["snat"] != nil }) else {
            return nil
        }
        let details = (statement["masquerade"] ?? statement["snat"]) as? [String: Any]
        let address = (details?["addr"] as? String).flatMap { IPv4Address($0) }
        if details?["family"] as? String == "ip6" { return nil }
        self.init(source: statement["masquerade"] != nil ? .masquerade : address.map { .address($0) } ?? .several)
        if let port = details?["port"] as? Int, let port = UInt16(exactly: port) { ports = port...port }
        if let range = (details?["port"] as? [String: Any])?["range"] as? [Int], range.count == 2, range[0] <= range[1]
        {
            ports = UInt16(clamping: range[0])...UInt16(clamping: range[1])
        }
        for case let match as [String: Any] in expressions.compactMap({ $0["match"] }) { apply(match) }
    }

    private mutating func apply(_ match: [String: Any]) {
        guard let left = match["left"] as? [String: Any], let comparison = match["op"] as? String,
            comparison == "==" || comparison == "!="
        else { return }
        let isNegated = comparison == "!="
        let set = (match["right"] as? [String: Any])?["set"] as? [Any] ?? [match["right"] ?? ""]
        let words = set.map { "\($0)" }
        let key = (left["meta"] as? [String: Any])?["key"] as? String
        let payload = left["payload"] as? [String: Any]
        let field = payload?["field"] as? String
        if key == "oifname" || key == "oif" {
            outputs.append(OutputMatch(names: words, isNegated: isNegated))
        } else if key == "l4proto" || (payload?["protocol"] as? String == "ip" && field == "protocol") {
            let named = words.reduce(into: Protocols()) { $0.formUnion(Protocols(named: $1)) }
            // Not being some other protocol still leaves most of them.
            protocols.formIntersection(isNegated ? Protocols.all.subtracting(named.intersection(.transport)) : named)
        } else if let header = payload?["protocol"] as? String, ["tcp", "udp", "icmp", "sctp"].contains(header) {
            protocols.formIntersection(Protocols(named: header))
        }
    }
}
