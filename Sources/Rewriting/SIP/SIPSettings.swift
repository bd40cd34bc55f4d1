/// What the operator may decide about SIP; all times in nanoseconds.
public struct SIPSettings: BitwiseCopyable, Sendable {
    /// What becomes of ICE candidates (RFC 8839).
    public enum ICE: UInt8, BitwiseCopyable, Sendable {
        /// Those that are a media's default address are translated with it.
        case rewrite
        /// All of ICE is taken out, so that the default address is used.
        case strip
        /// They are left as they are.
        case leave
    }

    /// From where media may come but from the endpoint that the outside announces (RFC 7362): once for each offer and
    /// answer, from another port of that host, or from the host that the description came from.
    public enum Latching: UInt8, BitwiseCopyable, Sendable {
        /// From nowhere.
        case off
        /// From there, where either of the two addresses is a private one: where there is a NAT to be seen.
        case auto
        /// From there, also where both are public.
        case always
    }

    /// How two phones inside hear each other that a server outside has connected.
    public enum LocalMedia: UInt8, BitwiseCopyable, Sendable {
        /// Each is told the inside address of the other.
        case direct
        /// Each sends to the public endpoint of the other, and XDP turns it back (RFC 4787 REQ-9).
        case hairpin
    }

    /// What becomes of requests whose session description is signed (`qop=auth-int`), so that it cannot be edited.
    public enum SignedBodies: UInt8, BitwiseCopyable, Sendable {
        /// They go on as they are, and their media are not heard.
        case pass
        /// They are answered with 488.
        case refuse
    }

    /// How long an inside endpoint keeps its public one after its last packet (RFC 4787 REQ-5: five minutes).
    public var binding: UInt64 = 300_000_000_000
    /// The silence of a registered phone after which the gateway sends its registrar a keep-alive (RFC 5626 section 4.4.1:
    /// 24 to 29 seconds).
    public var keepalive: UInt64 = 25_000_000_000
    /// The times of TCP connections. Keep-alives come as often as RFC 5626 section 4.4.1 wants them over TCP, every 95 to
    /// 120 seconds; since they tell whether an end is still there, one that has gone need not be waited for as long as RFC
    /// 5382 REQ-5 has it for translators that cannot know.
    public var connection = ConnectionTimes(keepalive: 95_000_000_000, idle: 900_000_000_000)
    /// The silence of a call that has not been answered after which it is over (RFC 3261 section 16.6, timer C: more than
    /// three minutes).
    public var invite: UInt64 = 200_000_000_000
    /// The silence of media and signalling after which a call is taken for lost.
    public var media: UInt64 = 300_000_000_000
    /// The same while the call is held, or has no media that XDP carries.
    public var hold: UInt64 = 86_400_000_000_000
    /// How long media stay open after BYE, when no response comes.
    public var bye: UInt64 = 900_000_000
    /// How long a call that is over is remembered, and the media of a description that a newer one has replaced stay open:
    /// as long as anything is repeated (RFC 3261 section 17: 64 times T1).
    public var linger: UInt64 = 32_000_000_000
    /// What becomes of ICE.
    public var ice = ICE.rewrite
    /// From where media may come.
    public var latching = Latching.auto
    /// How two phones inside hear each other.
    public var localMedia = LocalMedia.direct
    /// What becomes of session descriptions that cannot be edited.
    public var signedBodies = SignedBodies.pass

    /// The defaults.
    @_noLocks
    public init() {}
}
