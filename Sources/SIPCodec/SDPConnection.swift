// c=<nettype> <addrtype> <connection-address> (RFC 8866 section 5.7). That the form of the address is the one which its
// type names is not demanded: what counts is where the other side would send.

import TextFormats

/// The address in the c= line of a session description, and wherever else its form is used.
public struct SDPConnection: Sendable {
    /// Where media go.
    public let address: SDPAddress
    /// The time to live and the number of addresses, behind the first slash, as in 224.2.1.1/127/3: empty for unicast.
    public let suffix: Range<Int>

    /// Reads the value of a line of the kind `connection`; nil when it names no address of the Internet.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ value: Range<Int>) {
        guard let start = Self.addressStart(bytes, value) else { return nil }
        if let address = SDPAddress(bytes, start..<value.upperBound) {
            self.init(address, suffix: value.upperBound..<value.upperBound)
        } else {
            guard let slash = bytes.first(ASCII.slash, in: start..<value.upperBound),
                let address = SDPAddress(bytes, start..<slash)
            else { return nil }
            self.init(address, suffix: slash &+ 1..<value.upperBound)
            guard bytes.end(before: ASCII.space, ASCII.space, in: suffix) == value.upperBound else { return nil }
        }
    }

    /// The same at less cost where the address is that of a `known` endpoint.
    @inline(__always) @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ value: Range<Int>, known: borrowing KnownEndpoints) {
        if let address = SDPAddress(bytes, before: value.upperBound, known),
            address.range.lowerBound == value.lowerBound &+ 7
        {
            self.init(address, suffix: value.upperBound..<value.upperBound)
        } else {
            self.init(bytes, value)
        }
    }

    @inline(__always) @_noLocks
    private init(_ address: SDPAddress, suffix: Range<Int>) {
        self.address = address
        self.suffix = suffix
    }

    /// Where the address begins: behind "IN IP4 ", as nearly all write it, or behind what means the same or IPv6.
    @inline(__always) @_noLocks
    private static func addressStart(_ bytes: borrowing RawSpan, _ value: Range<Int>) -> Int? {
        let usual = value.lowerBound &+ 7
        if usual < value.upperBound, Keyword(bytes, value.lowerBound..<usual) == Keyword("IN IP4 ") {
            return bytes.skipSpace(usual, value.upperBound)
        }
        return addressStart(bytes, fields: value)
    }

    @_noLocks
    private static func addressStart(_ bytes: borrowing RawSpan, fields value: Range<Int>) -> Int? {
        var tokens = SDPTokens(value)
        guard bytes.isKeyword(tokens.next(in: bytes), "in") else { return nil }
        let family = tokens.next(in: bytes)
        guard bytes.isKeyword(family, "ip4") || bytes.isKeyword(family, "ip6") else { return nil }
        return tokens.next(in: bytes).lowerBound
    }
}
