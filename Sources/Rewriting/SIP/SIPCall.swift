import WireFormats

/// A call, or an attempt at one, of an inside endpoint: what Call-ID and that host name (RFC 3261 section 12), and not the
/// addresses of the signalling, so that thousands of calls may share a trunk.
public struct SIPCall: BitwiseCopyable, Sendable {
    /// How far it has come.
    public enum Phase: UInt8, BitwiseCopyable, Sendable {
        /// The slot is free.
        case free = 0
        /// INVITE was seen, and no final response.
        case inviting
        /// Answered by a 2xx.
        case confirmed
        /// BYE was seen: it ends by the response, or by itself within a second.
        case ending
        /// It is over, and remembered for repetitions of its last messages.
        case ended

        /// Whether both are the same.
        @_noLocks
        public static func == (left: Phase, right: Phase) -> Bool { left.rawValue == right.rawValue }
    }

    /// How far it has come.
    public internal(set) var phase = Phase.free
    /// The side whose INVITE began it.
    public internal(set) var caller = Side.inside
    /// Its number among all calls there have been.
    public internal(set) var number: UInt32 = 0
    /// The Call-ID, cut to what fits, for people; 0 behind it.
    public internal(set) var callID = InlineArray<64, UInt8>(repeating: 0)
    /// The inside endpoint and its public one.
    public internal(set) var inside = Endpoint(IPv4Address(0), 0)
    /// As above.
    public internal(set) var translated = Endpoint(IPv4Address(0), 0)
    /// Where the signalling of the outside comes from.
    public internal(set) var outside = Endpoint(IPv4Address(0), 0)
    /// When it began, when it was answered (0: not yet), and when a message of it was last seen; in nanoseconds.
    public internal(set) var opened: UInt64 = 0
    /// As above.
    public internal(set) var answered: UInt64 = 0
    /// As above.
    public internal(set) var heard: UInt64 = 0
    /// The hash of the Call-ID, by which it is found together with the inside host.
    var key: UInt64 = 0
    /// The slots of the binding that it began with, and of the one that the inside's Contact named last.
    var binding = 0
    var contact = 0
    /// Until when it is `ending`, and the outside's tag of the dialog that is (0: it has none).
    var ends: UInt64 = 0
    var endingTag: UInt64 = 0
    /// The last BYE, and the last one that was challenged: repeated, that ends nothing.
    var bye = Exchange()
    var challenged = Exchange()
    /// The last INVITE of each side.
    var invites = [2 of Request](repeating: Request())
    /// By what branches INVITEs have come that begin it.
    var branches = InviteBranches()
    var media = CallMediaLists()

    /// An INVITE.
    struct Request: BitwiseCopyable {
        /// Its sequence number.
        var number: UInt32 = 0
        /// Whether it carried an offer (RFC 3264): then the description in its responses is the answer, and else the offer.
        var hasOffer = false

        @_noLocks
        init() {}
    }

    @_noLocks
    init() {}

    /// Over, it begins once more.
    @_noLocks
    mutating func begin() {
        phase = .inviting
        challenged = Exchange()
    }

    /// An INVITE has been answered.
    @_noLocks
    mutating func confirm(now: UInt64) {
        phase = .confirmed
        answered = now
    }

    /// BYE was seen, of the dialog of an outside's tag, which ends at a time if no response comes.
    @_noLocks
    mutating func end(by exchange: Exchange, tag: UInt64, at time: UInt64) {
        bye = exchange
        phase = .ending
        ends = time
        endingTag = tag
    }

    /// The BYE was challenged, so that nothing has ended.
    @_noLocks
    mutating func goOn() {
        phase = .confirmed
        challenged = bye
    }
}
