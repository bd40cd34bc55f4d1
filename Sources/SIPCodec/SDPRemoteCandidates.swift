// a=remote-candidates:<component-id> <address> <port> {<component-id> <address> <port>} (RFC 8839 section 5.2)

/// Reads the candidates of the other side that were chosen, one after the other.
public struct SDPRemoteCandidates: Sendable {
    private var tokens: SDPTokens

    /// Stands before the first in the value of a line of the kind `remoteCandidates`.
    @_noLocks
    public init(_ value: Range<Int>) { tokens = SDPTokens(value) }

    /// Where the next one is reached; nil when there is none any more, or it does not have this form.
    @_noLocks
    public mutating func next(in bytes: borrowing RawSpan) -> (address: SDPAddress, port: SDPPort)? {
        guard !tokens.next(in: bytes).isEmpty, let address = SDPAddress(bytes, tokens.next(in: bytes)),
            let port = SDPPort(bytes, tokens.next(in: bytes))
        else { return nil }
        return (address, port)
    }
}
