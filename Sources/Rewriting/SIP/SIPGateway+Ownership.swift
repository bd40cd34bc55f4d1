import WireFormats

/// Which packets are SIP's.
extension SIPGateway {
    /// Whether an inside endpoint has a binding of this worker.
    @_noLocks
    public func hasBinding(_ inside: Endpoint) -> Bool { bindings.find(inside) != nil }

    /// Whether an address is one of the gateway's public ones, behind which all inside hosts stand.
    @_noLocks
    public func isPublic(_ address: IPv4Address) -> Bool { published.isPublic(address) }

    /// The inside endpoint that receives media at a public one, whichever worker's it is; nil if there is none.
    @_noLocks
    public func media(at translated: Endpoint) -> Endpoint? { published.inside(of: translated) }

    /// The phone that another inside host has registered by a public endpoint, whichever worker's that is; nil if there is
    /// none.
    @_noLocks
    public func phone(at translated: Endpoint) -> Endpoint? { published.phone(at: translated) }

    /// The inside endpoint behind a public one of this worker, or that a phone of this worker is registered by; nil if there
    /// is none.
    @_noLocks
    public func inside(of translated: Endpoint) -> Endpoint? {
        guard let slot = bindings.find(translated: translated) else { return phone(at: translated) }
        return bindings[slot].inside
    }
}
