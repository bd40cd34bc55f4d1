import WireFormats

/// Which packets are SIP's.
extension SIPGateway {
    /// Whether an inside endpoint has a binding of this worker.
    @_noLocks
    public func hasBinding(_ inside: Endpoint) -> Bool { bindings.find(inside) != nil }

    /// The inside endpoint behind a public one of this worker; nil if there is none.
    @_noLocks
    public func inside(of translated: Endpoint) -> Endpoint? {
        guard let slot = bindings.find(translated: translated) else { return nil }
        return bindings[slot].inside
    }
}
