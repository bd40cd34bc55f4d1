// a=rtcp:<port> [<nettype> <addrtype> <connection-address>] (RFC 3605 section 2.1)

import TextFormats

/// Where the RTCP of a media goes.
public struct SDPControlPort: Sendable {
    /// The port it goes to.
    public let port: SDPPort
    /// The address it goes to; nil when that is the one of the media.
    public let address: SDPAddress?

    /// Reads the value of a line of the kind `rtcp`; nil when it does not have this form, or its port is no port.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ value: Range<Int>) {
        var tokens = SDPTokens(value)
        guard let port = SDPPort(bytes, tokens.next(in: bytes)) else { return nil }
        self.port = port
        let rest = tokens.rest(in: bytes)
        if rest.isEmpty {
            address = nil
        } else {
            guard let connection = SDPConnection(bytes, rest), connection.suffix.isEmpty else { return nil }
            address = connection.address
        }
    }
}
