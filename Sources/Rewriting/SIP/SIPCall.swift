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
    /// The slot of the binding that it began with.
    var binding = 0
    /// When it ends, while it is `ending`.
    var ends: UInt64 = 0
    /// The sequence number of the last INVITE, and whether that carried an offer (RFC 3264): then the SDP of its responses
    /// is an answer, and else an offer.
    var inviteNumber: UInt32 = 0
    var inviteHasOffer = false
    /// The first of its media, plus one; 0 for none.
    var media: UInt32 = 0

    @_noLocks
    init() {}
}
