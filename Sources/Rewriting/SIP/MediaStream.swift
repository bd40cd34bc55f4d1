import WireFormats

/// An inside end of media, and the pair of public ports that stands for it: the even one for RTP, the odd one for RTCP.
struct MediaStream: BitwiseCopyable {
    /// How many media have it; 0 while the slot is free.
    var users: UInt32 = 0
    /// The number of its call.
    var call: UInt32 = 0
    /// Where the inside end receives.
    var media = Endpoint(IPv4Address(0), 0)
    var control = Endpoint(IPv4Address(0), 0)
    /// The public endpoint, with the even port.
    var translated = Endpoint(IPv4Address(0), 0)

    @_noLocks
    init() {}

    /// The public endpoint for RTCP.
    var translatedControl: Endpoint { @_noLocks get { Endpoint(translated.address, translated.port | 1) } }
}
