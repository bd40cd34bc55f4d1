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
    @inline(__always) @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ value: Range<Int>) {
        var tokens = SDPTokens(value)
        guard bytes.isKeyword(tokens.next(in: bytes), "in") else { return nil }
        let family = tokens.next(in: bytes)
        guard bytes.isKeyword(family, "ip4") || bytes.isKeyword(family, "ip6") else { return nil }
        let field = tokens.next(in: bytes)
        guard tokens.rest(in: bytes).isEmpty else { return nil }
        let slash = bytes.first(ASCII.slash, in: field) ?? field.upperBound
        guard let address = SDPAddress(bytes, field.lowerBound..<slash) else { return nil }
        self.address = address
        suffix = min(slash &+ 1, field.upperBound)..<field.upperBound
    }
}
