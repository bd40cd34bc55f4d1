// What serves FTP on the lab's router.

import Foundation

/// The kinds of gateway that the lab compares.
public enum Gateway: Sendable, Equatable {
    /// None: forwarding and masquerade only.
    case none
    /// The kernel's nf_conntrack_ftp and nf_nat_ftp.
    case kernelHelper
    /// Sallyport; the path of its executable.
    case sallyport(String)
}
