/// Something that would be counted and is not what every message brings: a refusal, a loss, what was not understood.
public struct Remark: Hashable, Sendable {
    /// The counter's name, as `sallyport counters` has it.
    public let name: String
    /// What it counts, for people.
    public let meaning: String
}

extension Remark {
    /// All counters of an observer, and whether they are what every message brings.
    static let counters: [(counter: Counter, isUsual: Bool)] = Counter.allCases.map { counter in
        switch counter {
        case .editedCommands, .editedReplies, .pinholesOpened, .pinholesClosed: (counter, true)
        default: (counter, false)
        }
    }

    /// The same of SIP.
    static let sipCounters: [(counter: SIPCounter, isUsual: Bool)] = SIPCounter.allCases.map { counter in
        switch counter {
        case .sipEdited, .sipPassed, .sipForeign, .sipFragments, .bindingsOpened, .bindingsEnded,
            .registrationsOpened, .registrationsEnded, .callsOpened, .callsConfirmed, .callsFailed, .callsEnded,
            .mediaOpened, .mediaClosed:
            (counter, true)
        default: (counter, false)
        }
    }
}
