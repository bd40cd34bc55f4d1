// Why tests on real links cannot run on this machine.

import Foundation
import Testing

@testable import Lab

enum Obstacle {
    /// What is in the way; nil if nothing is.
    static let reason: String? = {
        guard geteuid() == 0 else { return "needs root, to make network namespaces" }
        let programs = ["ip", "ethtool", "nft", "curl", "lftp", "tnftp", "python3", "tcpdump", "openssl", "sipp"]
        let missing = Programs.missing(programs)
        return missing.isEmpty ? nil : "needs \(missing.joined(separator: ", ")): run tools/install-packages demo test"
    }()

    static let comment = Comment(rawValue: reason ?? "")
}
