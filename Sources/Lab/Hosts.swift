/// The two ends of an FTP conversation, on either side of whatever carries it: a router of the lab's own, see
/// `Topology`, or another machine.
public protocol Hosts: Sendable {
    /// Where both live.
    var sandbox: Sandbox { get }
    /// The client's host.
    var inside: Namespace { get }
    /// The server's host.
    var outside: Namespace { get }
    /// The outside host's address, without a prefix length.
    var outsideAddress: String { get }
}
