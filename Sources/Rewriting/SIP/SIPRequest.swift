/// Something for the worker to do with the maps of the XDP program, before what was written leaves.
public struct SIPRequest: BitwiseCopyable, Sendable {
    /// What is to be done.
    public enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// Steer what comes to the public port to the workers.
        case bind
        /// Do so no longer: it stands for nobody on any address.
        case unbind
        /// Open both flows of a leg.
        case open
        /// Close them.
        case close
        /// Bring what comes to the public port of media without a flow to the workers (RFC 7362).
        case expect
        /// Do so no longer.
        case ignore
        /// See when a packet last passed, and tell `legObserved`.
        case observe
        /// Steer TCP that comes to the public port without a flow to the workers: signalling, or media.
        case listen
        /// Do so no longer.
        case unlisten
        /// Steer both directions of a TCP connection that an outside end has opened to the workers.
        case accept
        /// Do so no longer.
        case forget
    }

    /// What is to be done.
    public var kind: Kind
    /// The public port, on all of the public addresses, for `bind`, `unbind`, `expect`, `ignore`, `listen` and `unlisten`.
    public var port: UInt16 = 0
    /// The leg as it is, or was, and its slot; for `accept` and `forget` the ends of the connection, and no more.
    public var leg = MediaLeg()
    /// As above.
    public var slot = 0

    @_noLocks
    init(_ kind: Kind) { self.kind = kind }
}
