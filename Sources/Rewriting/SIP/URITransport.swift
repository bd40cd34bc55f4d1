import SIPCodec

/// By what the endpoint of a URI is reached: by what it says, or else by what its message came by (RFC 3261 section 19.1.2).
struct URITransport: BitwiseCopyable {
    let transport: SIPTransport
    /// Whether the URI says so itself.
    let isSaid: Bool

    /// That of Via, which always says one.
    @_noLocks
    init(_ transport: SIPTransport) {
        self.transport = transport
        isSaid = true
    }

    /// What the parameters of a URI say that came by a transport; nil if that is neither UDP nor TCP.
    @_noLocks
    init?(_ bytes: borrowing RawSpan, _ parameters: Range<Int>, by carrier: SIPTransport) {
        guard !parameters.isEmpty, let name = Parameters.value(of: .transport, in: bytes, parameters) else {
            transport = carrier
            isSaid = false
            return
        }
        guard let said = SIPTransport(bytes, name) else { return nil }
        transport = said
        isSaid = true
    }
}
