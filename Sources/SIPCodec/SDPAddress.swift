// An address in a session description is an IPv4 or IPv6 address, or a domain name (RFC 8866 section 9,
// "unicast-address"). A name is never looked up here, and so never anything that a gateway can map.

import TextFormats
import WireFormats

/// An address as it is written in a session description.
public struct SDPAddress: Sendable {
    /// What an address is.
    public enum Kind: Hashable, Sendable {
        /// Four octets in decimal, without leading zeros, since some read those as octal. 0.0.0.0 in a connection asks for
        /// no media (RFC 3264 section 8.4).
        case ipv4(IPv4Address)
        /// Hexadecimal digits and colons.
        case ipv6
        /// Anything else: a domain name, also one of multicast DNS, or what only looks like an address.
        case name
    }

    /// What it is.
    public let kind: Kind
    /// Where it stands in the span.
    public let range: Range<Int>

    /// Reads the address that all of `range` is; nil when it is empty or has bytes that no address has.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        if let address = Self.ipv4(bytes, range) {
            kind = .ipv4(address)
        } else if let other = Self.other(bytes, range) {
            kind = other
        } else {
            return nil
        }
        self.range = range
    }

    @_noLocks
    private static func ipv4(_ bytes: RawSpan, _ range: Range<Int>) -> IPv4Address? {
        var value: UInt32 = 0
        var octet: UInt32 = 0
        var digits = 0
        var dots = 0
        for offset in range {
            let byte = bytes.byte(at: offset)
            if byte.isDigit {
                guard digits == 0 || octet != 0 else { return nil }
                octet = octet &* 10 &+ UInt32(truncatingIfNeeded: byte &- ASCII.zero)
                guard octet <= 255 else { return nil }
                digits &+= 1
            } else {
                guard byte == ASCII.dot, digits > 0 else { return nil }
                value = value << 8 | octet
                octet = 0
                digits = 0
                dots &+= 1
            }
        }
        return dots == 3 && digits > 0 ? IPv4Address(value << 8 | octet) : nil
    }

    @_noLocks
    private static func other(_ bytes: RawSpan, _ range: Range<Int>) -> Kind? {
        var colons = 0
        var hasOnlyHexadecimals = true
        for offset in range {
            let byte = bytes.byte(at: offset)
            if byte == ASCII.colon {
                colons &+= 1
            } else {
                guard
                    byte.isDigit || byte.isLetter || byte == ASCII.dot || byte == ASCII.hyphen
                        || byte == ASCII.underscore
                else { return nil }
                if !byte.isHexadecimal && byte != ASCII.dot { hasOnlyHexadecimals = false }
            }
        }
        if colons >= 2 && hasOnlyHexadecimals { return .ipv6 }
        return colons == 0 && !range.isEmpty ? .name : nil
    }
}
