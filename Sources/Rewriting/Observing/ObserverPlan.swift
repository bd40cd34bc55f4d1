import WireFormats

/// The gateway as which an observer thinks.
public struct ObserverPlan: Sendable {
    /// The public addresses, one at least.
    public var addresses: [IPv4Address]
    /// The gateway's ports on each of them.
    public var ports: ClosedRange<UInt16> = 32768...65535
    /// The ports of FTP servers.
    public var ftpPorts: [UInt16] = [21]
    /// The ports of SIP servers over UDP.
    public var sipPortsOfUDP: [UInt16] = [5060]
    /// The ports of SIP servers over TCP.
    public var sipPortsOfTCP: [UInt16] = [5060]
    /// The times of FTP.
    public var settings = Settings()
    /// What the operator has decided about SIP.
    public var sipSettings = SIPSettings()
    /// 0 for public ports that nobody can guess; with any other the same ones again.
    public var seed: UInt64 = 0

    /// With the defaults of the configuration, where it says nothing else.
    public init(addresses: [IPv4Address]) { self.addresses = addresses }
}
