import SIPCodec
import WireFormats

/// Where one side of a call receives one of its media, as its last session description says.
struct MediaEnd: BitwiseCopyable {
    /// An address that ICE may try beside the default one.
    struct Candidate: BitwiseCopyable {
        var endpoint = Endpoint(IPv4Address(0), 0)
        var isControl = false

        @_noLocks
        init() {}
    }

    /// The most candidates that flows are opened for.
    static var candidateMax: Int { @_noLocks get { 6 } }

    /// Where RTP, or whatever it is, goes; port 0 when nothing is received.
    var media = Endpoint(IPv4Address(0), 0)
    /// Where RTCP goes; port 0 when there is none.
    var control = Endpoint(IPv4Address(0), 0)
    /// What carries it, and who opens the connection of TCP.
    var transport = SIPTransport.udp
    var setup = SDPSetup.hold
    /// Whether RTCP goes where RTP goes if the other side agrees (RFC 5761 section 5.1.1).
    var isMultiplexed = false
    var candidates = InlineArray<6, Candidate>(repeating: Candidate())
    var candidateCount = 0
    /// Whether the other side is asked to send nothing for now: then silence is no sign that the call is over.
    var isHeld = false
    /// Whether it is asked so by the address 0.0.0.0 (RFC 3264 section 8.4): the end keeps what it had before.
    var keepsPrevious = false
    /// The clock rate of RTP's first payload type in Hz; 0 when it is not RTP, or not known.
    var clockRate: UInt32 = 0
    /// The host that media may come from beside this end's own, and both of them from any port (RFC 7362); 0 when they have
    /// to come from this end.
    var latching = IPv4Address(0)

    @_noLocks
    init() {}

    /// What follows this one by a newer description.
    @_noLocks
    func followed(by newer: MediaEnd) -> MediaEnd {
        guard newer.keepsPrevious else { return newer }
        var end = self
        end.isHeld = true
        return end
    }

    /// Whether RTCP has a flow of its own between this end and another.
    @_noLocks
    func hasControl(with other: MediaEnd) -> Bool {
        control.port != 0 && other.control.port != 0 && !(isMultiplexed && other.isMultiplexed)
    }

    /// Whether it may wait for a connection of TCP, and whether it may open one.
    var waits: Bool { @_noLocks get { !isOneOf(.active, .hold) } }
    /// As above.
    var connects: Bool { @_noLocks get { !isOneOf(.passive, .hold) } }

    /// Whether it opens its connection of TCP itself, if it has one.
    var isOpener: Bool {
        @_noLocks get {
            guard case .tcp = transport else { return false }
            return !waits
        }
    }

    @_noLocks
    private func isOneOf(_ first: SDPSetup, _ second: SDPSetup) -> Bool {
        setup.rawValue == first.rawValue || setup.rawValue == second.rawValue
    }

    /// Whether a connection of TCP from a host is its own: from the one that it announces, or else from the one that it was
    /// announced from (RFC 7362).
    @_noLocks
    func has(_ host: IPv4Address, isControl: Bool) -> Bool {
        guard isThere, case .tcp = transport else { return false }
        let announced = isControl ? control : media
        return announced.port != 0 && (announced.address == host || latching.value != 0 && latching == host)
    }

    /// Whether anything can be sent to it.
    var isThere: Bool { @_noLocks get { media.port != 0 } }

    /// The same end some pairs of ports further on (RFC 8866 section 5.14), without candidates.
    @_noLocks
    func above(by pairs: Int) -> MediaEnd {
        var end = self
        let ports = UInt16(truncatingIfNeeded: 2 &* pairs)
        end.media.port = media.port == 0 ? 0 : media.port &+ ports
        end.control.port = control.port == 0 ? 0 : control.port &+ ports
        end.candidateCount = 0
        return end
    }

    /// Adds a candidate, unless it is the default address, known already, or one too many.
    @_noLocks
    mutating func add(_ endpoint: Endpoint, isControl: Bool) {
        guard candidateCount < MediaEnd.candidateMax, endpoint != (isControl ? control : media) else { return }
        for index in 0..<candidateCount
        where candidates[index].endpoint == endpoint && candidates[index].isControl == isControl { return }
        candidates[candidateCount].endpoint = endpoint
        candidates[candidateCount].isControl = isControl
        candidateCount &+= 1
    }
}
