/// Where a data connection is to go: an IPv4 address and a TCP port, as an FTP command or reply names them.
public struct HostPort: Hashable, Sendable {
    /// The address in host byte order: 10.0.0.1 is 0x0A000001.
    public var address: UInt32
    /// The port in host byte order. Parsers never give 0.
    public var port: UInt16

    /// An address and a port, both in host byte order.
    @_noLocks
    public init(address: UInt32, port: UInt16) {
        self.address = address
        self.port = port
    }
}
