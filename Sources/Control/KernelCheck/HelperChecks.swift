// Checks of the kernel's own helpers (nf_conntrack_sip with nf_nat_sip, and the same for FTP), which nftables attaches by
// objects `ct helper`; see libnftables-json(5).

import Foundation

struct HelperChecks {
    let configuration: Configuration
    let machine: Machine
    private static let name = "kernel-helper"

    var findings: [Finding] {
        guard case .text(let json) = machine.nftables.rules else { return [] }
        let findings = helpers(json).filter { served.contains($0.type) }.map(finding)
        return findings.isEmpty
            ? [.ok(Self.name, "nftables has none for \(served.joined(separator: " or "))")] : findings
    }

    /// What the gateway serves, as the kernel's helpers are called.
    private var served: [String] {
        (configuration.ftp.ports.isEmpty ? [] : ["ftp"]) + (configuration.sip == nil ? [] : ["sip"])
    }

    private func helpers(_ json: String) -> [(place: String, type: String)] {
        let root = (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? [String: Any]
        let objects = root?["nftables"] as? [[String: Any]] ?? []
        return objects.compactMap { $0["ct helper"] as? [String: Any] }.compactMap { helper in
            guard let family = helper["family"] as? String, let table = helper["table"] as? String,
                let name = helper["name"] as? String, let type = helper["type"] as? String
            else { return nil }
            return ("\(family) \(table) \(name)", type)
        }
    }

    private func finding(_ helper: (place: String, type: String)) -> Finding {
        .note(
            Self.name, about: helper.place, "a helper of the kernel for \(helper.type) beside the gateway",
            why:
                "it never sees what the gateway takes, but edits what passes it, such as IPv6 or other interfaces: take "
                + "the rule that sets it away, unless that is meant")
    }
}
