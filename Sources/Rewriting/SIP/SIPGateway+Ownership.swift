import WireFormats

/// Which packets are SIP's.
extension SIPGateway {
    /// Whether a public endpoint stands for an inside one that speaks SIP, of any worker.
    @_noLocks
    public func isBinding(_ endpoint: Endpoint) -> Bool {
        guard let entry = published.entry(of: endpoint) else { return false }
        return !entry.isMedia
    }

    /// Whether an inside endpoint has a binding of this worker.
    @_noLocks
    public func hasBinding(_ inside: Endpoint) -> Bool { bindings.find(inside) != nil }
}
