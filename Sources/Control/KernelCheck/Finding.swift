/// What one check of the machine found.
public struct Finding: Codable, Equatable, Sendable {
    /// The check's name, which stays the same over versions, such as `ip-forward`.
    public let name: String
    /// The interface, address or rule that it is about; nil when it is about the machine.
    public let subject: String?
    /// How it is.
    public let outcome: Outcome
    /// What was found.
    public let what: String
    /// Why it matters; nil when all is well.
    public let why: String?
    /// Shell commands that mend it, to be run in this order; empty where only the operator can know.
    public let commands: [String]
    /// What of tuning/ does the same, and can undo it: a script and its arguments, after the variables that it reads, such
    /// as `QUEUES=2 queues lan0`; nil where no script does.
    public let tuning: String?

    /// How it is.
    public enum Outcome: String, Codable, Sendable {
        /// As the configuration needs it.
        case ok
        /// Worth knowing; the gateway works.
        case note
        /// To be mended.
        case mend
    }

    static func ok(_ name: String, about subject: String? = nil, _ what: String) -> Finding {
        Finding(name: name, subject: subject, outcome: .ok, what: what, why: nil, commands: [], tuning: nil)
    }

    static func note(
        _ name: String, about subject: String? = nil, _ what: String, why: String, commands: [String] = [],
        tuning: String? = nil
    ) -> Finding {
        Finding(name: name, subject: subject, outcome: .note, what: what, why: why, commands: commands, tuning: tuning)
    }

    static func mend(
        _ name: String, about subject: String? = nil, _ what: String, why: String, commands: [String],
        tuning: String? = nil
    ) -> Finding {
        Finding(name: name, subject: subject, outcome: .mend, what: what, why: why, commands: commands, tuning: tuning)
    }
}
