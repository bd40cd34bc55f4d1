/// The commands that the server has not answered yet, oldest first. Commands that mean nothing to the gateway are
/// only counted, so that a long pipeline of them takes one place.
/// (What only looks is `mutating` for the reason that `Stream` gives.)
struct PendingCommands: BitwiseCopyable {
    /// What an answer will mean.
    enum Kind: UInt8, BitwiseCopyable {
        /// Nothing to the gateway.
        case plain = 0
        /// The data connection announced by PORT or EPRT will be used, or not.
        case port
        /// Where to connect to.
        case passive, extendedPassive
        /// Only EPSV from now on, or not.
        case extendedPassiveAll
        /// TLS from now on, or not.
        case protection
        /// A NOOP that stands for a refused command.
        case refused
    }

    /// A command, or several plain ones.
    struct Entry: BitwiseCopyable {
        var kind = Kind.plain
        var refusal = Refusal.address
        var repeats: UInt16 = 0
        /// What PORT or EPRT announced.
        var announcement = Announcement.none

        @_noLocks
        init(_ kind: Kind) { self.kind = kind }
    }

    private var entries = [32 of Entry](repeating: Entry(.plain))
    private var first = 0
    private(set) var count = 0

    @_noLocks
    init() {}

    /// Whether no further command can be noted.
    var isFull: Bool { @_noLocks get { count == 32 } }

    /// An unanswered command, 0 being the oldest.
    subscript(index: Int) -> Entry {
        @_noLocks mutating get { entries[(first &+ index) & 31] }
    }

    /// The oldest.
    var oldest: Entry? { @_noLocks mutating get { count > 0 ? entries[first] : nil } }

    /// Notes a command. There must be a place.
    @_noLocks
    mutating func append(_ entry: Entry) {
        let last = (first &+ count &- 1) & 31
        if entry.kind == .plain, count > 0, entries[last].kind == .plain, entries[last].repeats < .max {
            entries[last].repeats &+= 1
            return
        }
        entries[(first &+ count) & 31] = entry
        count &+= 1
    }

    /// Takes away the oldest.
    @_noLocks
    mutating func removeOldest() {
        guard count > 0 else { return }
        if entries[first].repeats > 0 {
            entries[first].repeats &-= 1
        } else {
            first = (first &+ 1) & 31
            count &-= 1
        }
    }
}
