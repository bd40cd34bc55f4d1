// What serves FTP and SIP on the lab's router.

/// The kinds of gateway that the lab compares.
public enum Gateway: Sendable, Equatable {
    /// The kernel's nf_conntrack_ftp, nf_nat_ftp, nf_conntrack_sip and nf_nat_sip.
    case kernelHelper
    /// Sallyport; the path of its executable.
    case sallyport(String)

    /// Puts it to work on the router.
    ///
    /// - Parameters:
    ///   - keepalive: seconds between Sallyport's keep-alives on idle control connections.
    ///   - transitory: seconds for which Sallyport remembers a conversation that has ended.
    ///   - workers: how many Sallyport has; `auto` is one for each queue of a link.
    ///   - conversations: how many conversations or calls Sallyport has room for.
    ///   - sip: the transports over which Sallyport serves SIP; none, and it does not know SIP.
    ///   - sipSeconds: the times of its section `sip` that are not to be the usual ones, by their keys.
    /// - Returns: Sallyport's process; nil for the kernel's helper, which has none.
    public func start(
        on topology: Topology, keepalive: Int = 50, transitory: Int = 240, workers: String = "auto",
        conversations: Int = 16384, sip: [SIPTransport] = [], sipSeconds: [String: Int] = [:]
    ) throws -> GatewayProcess? {
        switch self {
        case .kernelHelper:
            try topology.useKernelHelper()
            return nil
        case .sallyport(let executable):
            return try GatewayProcess(
                executable, on: topology, keepalive: keepalive, transitory: transitory, workers: workers,
                conversations: conversations, sip: sip, sipSeconds: sipSeconds)
        }
    }
}
