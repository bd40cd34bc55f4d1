import SIPCodec
import WireFormats

/// An inside endpoint that speaks SIP, and the public endpoint that stands for it: over UDP toward every peer (RFC
/// 4787 REQ-1), for as long as a registration, a call or packets from inside need it; so, too, where it only listens for
/// TCP connections. Of a connection toward one peer, for as long as it lasts, or a call or registration that began there.
public struct SIPBinding: BitwiseCopyable, Sendable {
    /// Where in a message an endpoint is named. In each of them the inside end may leave out its port, if that is 5060;
    /// what comes back to it must be without a port then, too.
    enum Place: UInt8 {
        case via = 0
        case contact, identity, route

        /// Its bit in `portless`.
        var bit: UInt8 { @_noLocks get { 1 &<< rawValue } }

        /// Its place in `named`.
        var index: Int { @_noLocks get { Int(rawValue) } }
    }

    /// Its number among all bindings there have been; 0 while the slot is free.
    public internal(set) var number: UInt32 = 0
    /// What it speaks over.
    public internal(set) var transport = SIPTransport.udp
    /// The end on the inside.
    public internal(set) var inside = Endpoint(IPv4Address(0), 0)
    /// The public endpoint that stands for it.
    public internal(set) var translated = Endpoint(IPv4Address(0), 0)
    /// Where it last sent to.
    public var peer: Endpoint { @_noLocks get { peers[0] } }
    /// The same, and where it sent to before, the latest first.
    var peers = [4 of Endpoint](repeating: Endpoint(IPv4Address(0), 0))
    /// What it has asked registrars and notifiers, two bits for each of them and Call-ID (a Bloom filter): a PBX asks more of
    /// them at a time than there are peers.
    var asked = [2 of UInt64](repeating: 0)
    /// The texts of the inside end, of its public endpoint, and of the peer, which most of its messages have in them.
    var insideText = KnownEndpoint(Endpoint(IPv4Address(0), 0))
    var translatedText = KnownEndpoint(Endpoint(IPv4Address(0), 0))
    var peerText = KnownEndpoint(Endpoint(IPv4Address(0), 0))
    /// When it last sent anything, in nanoseconds of the monotonic clock (RFC 4787 REQ-6: what arrives does not count).
    public internal(set) var sent: UInt64 = 0
    /// How many calls and registrations need it.
    public internal(set) var users: UInt32 = 0
    /// Until when a subscription needs it, in nanoseconds, or 0.
    var subscribed: UInt64 = 0
    /// The first of its registrations, plus one; 0 for none.
    var registrations: UInt32 = 0
    /// The endpoint that it named as its own in each `Place`; over UDP that is always the inside one.
    var named = [4 of Endpoint](repeating: Endpoint(IPv4Address(0), 0))
    /// Whether it is of a TCP connection, which has its own public port.
    var isConnection = false
    /// Whether its connection has ended.
    var isClosed = false
    /// A bit for each `Place` in which it left its port out last.
    var portless: UInt8 = 0
    /// When the gateway last sent a keep-alive for it, or 0.
    var keptAlive: UInt64 = 0

    @_noLocks
    init() {}

    /// The endpoints that stand in most messages from a side.
    @_noLocks
    func known(from side: Side) -> KnownEndpoints {
        KnownEndpoints(side == .inside ? insideText : translatedText, peerText)
    }

    /// The endpoint that takes the place of others in most messages from a side.
    @_noLocks
    func substitute(from side: Side) -> KnownEndpoint { side == .inside ? translatedText : insideText }

    /// Whether it has lately sent to a peer.
    @_noLocks
    func hasSent(to peer: Endpoint) -> Bool {
        for index in 0..<4 where peers[index] == peer { return true }
        return false
    }

    /// Whether it has asked something, by hash.
    @_noLocks
    func hasAsked(_ key: UInt64) -> Bool { asked[0] >> (key & 63) & asked[1] >> (key >> 6 & 63) & 1 != 0 }

    /// Notes that it asks something.
    @_noLocks
    mutating func didAsk(_ key: UInt64) {
        asked[0] |= 1 << (key & 63)
        asked[1] |= 1 << (key >> 6 & 63)
    }

    /// Notes that it sends to a peer.
    @_noLocks
    mutating func didSend(to peer: Endpoint) {
        if peers[0] == peer { return }
        peerText = KnownEndpoint(peer)
        var moved = peer
        for index in 0..<4 {
            let before = peers[index]
            peers[index] = moved
            if before == peer { return }
            moved = before
        }
    }
}
