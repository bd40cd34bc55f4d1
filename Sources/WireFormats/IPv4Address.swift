/// An IPv4 address (RFC 791 section 2.3).
///
/// Invariant: `value` is in host byte order; bytes on the wire are converted where they are read and written.
public struct IPv4Address: Hashable, BitwiseCopyable, Sendable {
    /// The address as a number in host byte order: 10.0.0.1 is 0x0a000001.
    public var value: UInt32

    /// An address from its number in host byte order.
    @inlinable @inline(__always) @_noLocks
    public init(_ value: UInt32) { self.value = value }

    /// Four octets, the most significant first.
    public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        value = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
    }

    /// Dotted decimal with exactly four octets, each 0 to 255 and without leading zeros; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard part.allSatisfy({ $0.isASCII && $0.isNumber }), part == "0" || part.first != "0",
                let octet = UInt8(part)
            else { return nil }
            value = value << 8 | UInt32(octet)
        }
        self.value = value
    }

    /// Whether both are the same address.
    @inlinable @inline(__always) @_noLocks
    public static func == (left: IPv4Address, right: IPv4Address) -> Bool { left.value == right.value }

    /// The address in network byte order, as it stands in a packet or a map key.
    @inlinable public var bigEndian: UInt32 {
        @inline(__always) @_noLocks get { value.bigEndian }
    }

    /// Whether it is one that only a site itself, or its provider, can reach: RFC 1918, RFC 3927, RFC 6598.
    public var isPrivate: Bool {
        @_noLocks get {
            value >> 24 == 10 || value >> 20 == 0xac1 || value >> 16 == 0xc0a8 || value >> 16 == 0xa9fe
                || value >> 22 == 0x191
        }
    }

    /// Octet 0 to 3, the most significant first.
    @inlinable @_noLocks
    public func octet(_ index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: value >> UInt32(truncatingIfNeeded: 24 &- 8 &* index))
    }
}

extension IPv4Address: CustomStringConvertible {
    /// Dotted decimal.
    public var description: String { "\(octet(0)).\(octet(1)).\(octet(2)).\(octet(3))" }
}
