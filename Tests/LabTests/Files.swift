// The files that the matrix transfers: random bytes, made once, served and sent.

import Foundation
import Testing

@testable import Lab

/// Files of the sizes of the matrix, on both sides of a server.
struct Files {
    static let sizes = ["0": 0, "1": 1, "1M": 1_000_000, "200M": 200_000_000]

    /// Holds the originals, and what comes up.
    private let served: String
    private let received: String

    init(in topology: Topology, serving folder: String) throws {
        served = folder
        received = "\(topology.sandbox.directory)/received"
        try FileManager.default.createDirectory(atPath: received, withIntermediateDirectories: true)
        for (name, size) in Files.sizes {
            try makeFile("\(folder)/\(name)", bytes: size)
        }
    }

    /// Every file down, then what came up again under another name.
    var transfers: [Transfer] {
        Files.sizes.keys.sorted().flatMap { name in
            [
                Transfer.download(remote: name, local: "\(received)/\(name)"),
                Transfer.upload(local: "\(served)/\(name)", remote: "up-\(name)"),
            ]
        }
    }

    /// Compares every copy with its original, and removes it.
    func compare(_ cell: String) throws {
        for name in Files.sizes.keys {
            for copy in ["\(received)/\(name)", "\(served)/up-\(name)"] {
                let comparison = try ChildProcess(["cmp", "\(served)/\(name)", copy]).wait()
                #expect(comparison.status == 0, "\(cell): \(comparison.output)\(comparison.errors)")
                unlink(copy)
            }
        }
    }
}
