import WireFormats

/// An inside end of media, and the pair of public ports that stands for it: the even one for RTP, the odd one for RTCP.
///
/// It stays for a while when no media have it any more, so that what is repeated leaves as it did before, and late packets
/// reach nobody else.
struct MediaStream: BitwiseCopyable {
    /// How many media have it.
    var users: UInt32 = 0
    /// The number of its call; 0 while the slot is free.
    var call: UInt32 = 0
    /// The slot of its call.
    var callSlot = 0
    /// What carries it. With TCP, connections to its public ports are awaited for as long as it is there.
    var transport = SIPTransport.udp
    /// The next stream of the call, plus one.
    var next: UInt32 = 0
    /// The first of its legs, plus one.
    var legs: UInt32 = 0
    /// When its ports are free again, while it has no users.
    var frees: UInt64 = 0
    /// Where the inside end receives.
    var media = Endpoint(IPv4Address(0), 0)
    var control = Endpoint(IPv4Address(0), 0)
    /// The public endpoint, with the even port.
    var translated = Endpoint(IPv4Address(0), 0)

    @_noLocks
    init() {}

    /// That of an inside end.
    @_noLocks
    init(_ end: MediaEnd) {
        transport = end.transport
        media = end.media
        control = end.control
    }

    /// Whether it is that of an inside end.
    @_noLocks
    func isOf(_ end: MediaEnd) -> Bool {
        media == end.media && control == end.control && transport == end.transport
    }

    /// The public endpoint for RTCP.
    var translatedControl: Endpoint { @_noLocks get { Endpoint(translated.address, translated.port | 1) } }
}
