/// One end of a TCP or UDP conversation: an IPv4 address and a port.
public struct Endpoint: Hashable, BitwiseCopyable, Sendable {
    /// The address.
    public var address: IPv4Address
    /// The port in host byte order; 0 is no port.
    public var port: UInt16

    /// An endpoint from its two parts.
    @inlinable @inline(__always) @_noLocks
    public init(_ address: IPv4Address, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Whether address and port are the same.
    @inlinable @inline(__always) @_noLocks
    public static func == (left: Endpoint, right: Endpoint) -> Bool {
        left.address == right.address && left.port == right.port
    }

    /// `address:port`, both decimal, the port 1 to 65535; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(parts[0]),
            parts[1].allSatisfy({ $0.isASCII && $0.isNumber }), let port = UInt16(parts[1]), port > 0
        else { return nil }
        self.init(address, port)
    }
}

extension Endpoint: CustomStringConvertible {
    /// `address:port`.
    public var description: String { "\(address):\(port)" }
}
