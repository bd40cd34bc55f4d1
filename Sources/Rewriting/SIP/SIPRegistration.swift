import WireFormats

/// That an address of record leads to an inside endpoint, as a registrar has confirmed it (RFC 3261 section 10). The
/// endpoint that has registered it may be another one: another port, or another host (section 10.2, third parties).
public struct SIPRegistration: BitwiseCopyable, Sendable {
    /// The address of record as it stands in To, `user@host`, cut to what fits, for people; 0 behind it.
    public internal(set) var addressOfRecord = InlineArray<64, UInt8>(repeating: 0)
    /// The slot of the binding that has registered it, plus one; 0 while the slot is free.
    var binding: UInt32 = 0
    /// The slot of the binding that it leads to.
    var contact: UInt32 = 0
    /// The next registration of the binding, plus one.
    var next: UInt32 = 0
    /// Which address of record it is, by hash.
    var key: UInt64 = 0
    /// What it is registered over.
    public internal(set) var transport = SIPTransport.udp
    /// The inside endpoint that is registered.
    public internal(set) var inside = Endpoint(IPv4Address(0), 0)
    /// The public endpoint that stands for it at the registrar.
    public internal(set) var translated = Endpoint(IPv4Address(0), 0)
    /// The registrar.
    public internal(set) var registrar = Endpoint(IPv4Address(0), 0)
    /// When it ends unless it is refreshed, in nanoseconds of the monotonic clock.
    public internal(set) var expires: UInt64 = 0

    @_noLocks
    init() {}

    /// Whether there is one in the slot.
    public var isUsed: Bool { @_noLocks get { binding != 0 } }
}
