/// Something that would be counted and is not what every message brings: a refusal, a loss, what was not understood.
public struct Remark: Hashable, Sendable {
    /// The counter's name, as `sallyport counters` has it.
    public let name: String
    /// What it counts, for people.
    public let meaning: String
}

extension Counter {
    /// Whether it counts what every conversation brings.
    var isUsual: Bool {
        switch self {
        case .editedCommands, .editedReplies, .pinholesOpened, .pinholesClosed: true
        default: false
        }
    }
}

extension SIPCounter {
    /// Whether it counts what every call or registration brings.
    var isUsual: Bool {
        switch self {
        case .sipEdited, .sipPassed, .sipForeign, .sipFragments, .bindingsOpened, .bindingsEnded,
            .registrationsOpened, .registrationsEnded, .callsOpened, .callsConfirmed, .callsFailed, .callsEnded,
            .mediaOpened, .mediaClosed:
            true
        default: false
        }
    }
}
