import WireFormats

/// Which packets are SIP's.
extension SIPGateway {
    /// Whether a public endpoint stands for an inside one that speaks SIP, of any worker.
    @_noLocks
    public func isBinding(_ endpoint: Endpoint) -> Bool {
        guard let entry = published.entry(of: endpoint) else { return false }
        return !entry.isMedia
    }

    /// The inside endpoint that speaks SIP behind a public one, of any worker; nil if there is none.
    @_noLocks
    public func inside(of endpoint: Endpoint) -> Endpoint? {
        guard let entry = published.entry(of: endpoint), !entry.isMedia else { return nil }
        return entry.inside
    }

    /// Whether an inside endpoint has a binding of this worker.
    @_noLocks
    public func hasBinding(_ inside: Endpoint) -> Bool { bindings.find(inside) != nil }
}
