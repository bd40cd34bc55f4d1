// An address in a session description is an IPv4 or IPv6 address, or a domain name (RFC 8866 section 9,
// "unicast-address"). A name is never looked up here, and so never anything that a gateway can map.

import TextFormats
import WireFormats

/// An address as it is written in a session description.
public struct SDPAddress: Sendable {
    /// What it is. An IPv6 address is hexadecimal digits, colons and dots, not looked at further; a name may also be one of
    /// multicast DNS. 0.0.0.0 in a connection asks for no media (RFC 3264 section 8.4).
    public let kind: SIPHost.Kind
    /// Where it stands in the span.
    public let range: Range<Int>

    /// Reads the address that all of `range` is; nil when it is empty or has bytes that no address has.
    @inline(__always) @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        if let leading = LeadingAddress(bytes, range), leading.end == range.upperBound {
            kind = .ipv4(leading.address)
        } else {
            guard let other = Self.other(bytes, range) else { return nil }
            kind = other
        }
        self.range = range
    }

    /// Finds a known address before `end`, if "IN IP4 " stands before that, as nearly all write it.
    @inline(__always) @_noLocks
    init?(_ bytes: borrowing RawSpan, before end: Int, _ known: borrowing KnownEndpoints) {
        if let start = known.first.start(in: bytes, before: end) {
            kind = .ipv4(known.first.endpoint.address)
            range = start..<end
        } else {
            guard let start = known.second.start(in: bytes, before: end) else { return nil }
            kind = .ipv4(known.second.endpoint.address)
            range = start..<end
        }
    }

    @_noLocks
    private static func other(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> SIPHost.Kind? {
        guard !range.isEmpty else { return nil }
        if bytes.hostEnd(in: range) == range.upperBound { return .name }
        var colons = 0
        for offset in range {
            let byte = bytes.byte(at: offset)
            if byte == ASCII.colon {
                colons &+= 1
            } else {
                guard byte.isHexadecimal || byte == ASCII.dot else { return nil }
            }
        }
        return colons >= 2 ? .ipv6 : nil
    }
}

extension KnownEndpoint {
    /// Where its address begins, if that ends at `end` and "IN IP4 " stands before it; and before that something else.
    @inline(__always) @_noLocks
    fileprivate func start(in bytes: borrowing RawSpan, before end: Int) -> Int? {
        let start = end &- text.addressCount
        // Safe: 24 octets are there, more than an address has.
        guard start >= 8, bytes.has(24, at: start), bytes.word(at: start &- 8) &>> 8 == UInt64(ascii: "IN IP4 "),
            unsafe text.hasAddress(unchecked: bytes, at: start)
        else { return nil }
        return start
    }
}
