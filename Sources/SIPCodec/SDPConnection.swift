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
        var tokens = SDPTokens(value)
        var network = CaselessName(tokens.next(in: bytes))
        guard network.next(in: bytes) == 0x696E_0000_0000_0000 else { return nil }  // in
        var family = CaselessName(tokens.next(in: bytes))
        switch family.next(in: bytes) {
        case 0x6970_3400_0000_0000, 0x6970_3600_0000_0000: break  // ip4, ip6
        default: return nil
        }
        let field = tokens.next(in: bytes)
        guard tokens.next(in: bytes).isEmpty else { return nil }
        let slash = bytes.first(ASCII.slash, in: field) ?? field.upperBound
        guard let address = SDPAddress(bytes, field.lowerBound..<slash) else { return nil }
        self.address = address
        suffix = min(slash &+ 1, field.upperBound)..<field.upperBound
    }
}
