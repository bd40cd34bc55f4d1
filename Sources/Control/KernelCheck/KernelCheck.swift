import Foundation

/// Compares what the machine has with what a configuration needs: `sallyport check --kernel`.
///
/// Invariant: it only reads. The checks themselves are functions of `Machine`, a picture taken once.
public struct KernelCheck: Sendable {
    /// Every check's result, in the order of the checks.
    public let findings: [Finding]

    /// Checks the machine, in the calling thread's network namespace.
    /// - Throws: `RoutingError` when the kernel cannot be asked.
    public init(_ configuration: Configuration) throws {
        self.init(configuration, on: try Machine(for: configuration))
    }

    init(_ configuration: Configuration, on machine: Machine) {
        findings = [
            SystemChecks(configuration: configuration, machine: machine).findings,
            InterfaceChecks(configuration: configuration, machine: machine).findings,
            QueueChecks(configuration: configuration, machine: machine).findings,
            NftablesChecks(configuration: configuration, machine: machine).findings,
            IptablesChecks(configuration: configuration, machine: machine).findings,
            HelperChecks(configuration: configuration, machine: machine).findings,
        ].flatMap { $0 }
    }

    /// Whether something is to be mended; then the command ends with exit code 1.
    public var needsMending: Bool { findings.contains { $0.outcome == .mend } }

    /// For programs: `{"findings": [...]}`.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(["findings": findings]), as: UTF8.self)
    }

    /// For people: a line for each check, and below it, where it is not ok, the reason and the commands.
    public var table: String {
        let names = findings.map(\.name.count).max() ?? 0
        let subjects = findings.map { $0.subject?.count ?? 0 }.max() ?? 0
        return findings.map { finding in
            let columns = [
                finding.outcome.rawValue.padded(to: 4), finding.name.padded(to: names),
                (finding.subject ?? "").padded(to: subjects), finding.what,
            ]
            let reason = finding.why.map { ["      \($0)"] } ?? []
            return ([columns.joined(separator: "  ")] + reason + finding.commands.map { "      # \($0)" })
                .joined(separator: "\n")
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
