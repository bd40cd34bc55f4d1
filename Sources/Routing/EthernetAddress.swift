/// An Ethernet station address (IEEE 802 EUI-48), as the kernel's link and neighbour tables hold it.
public struct EthernetAddress: Hashable, Sendable {
    /// The six octets as a number, the first on the wire most significant; the upper 16 bits are 0.
    public let value: UInt64

    /// An address from its number; bits above the 48th are dropped.
    public init(_ value: UInt64) { self.value = value & 0xffff_ffff_ffff }

    /// Six octets in the order of the wire; nil for any other number of them.
    init?(_ octets: UnsafeRawBufferPointer) {
        guard octets.count == 6 else { return nil }
        value = octets.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Octet 0 to 5, the first on the wire first.
    public func octet(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: value >> UInt64(40 - 8 * index)) }
}

extension EthernetAddress: CustomStringConvertible {
    /// Six pairs of hexadecimal digits with colons, as `ip link` prints them.
    public var description: String {
        (0..<6).map { index in
            let digits = String(octet(index), radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined(separator: ":")
    }
}
