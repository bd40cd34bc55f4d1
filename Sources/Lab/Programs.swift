// Where the programs of the lab are, and which of them are missing.

import Foundation

/// The programs that the lab runs.
public enum Programs {
    /// The path of a file of a server, or of another program that is unpacked and not installed.
    ///
    /// Servers are not installed, because the packages of two of them exclude each other and each starts a daemon:
    /// `tools/install-packages` unpacks them below `.build/servers`. `SALLYPORT_SERVERS` names another place, and one
    /// that is installed serves too.
    ///
    /// - Parameter path: below the root of its package, such as `usr/sbin/vsftpd`.
    /// - Throws: `LabError` that says what to install.
    static func server(_ path: String) throws -> String {
        let roots = [ProcessInfo.processInfo.environment["SALLYPORT_SERVERS"], ".build/servers", "/"]
        for root in roots.compactMap({ $0 }) {
            let file = URL(fileURLWithPath: root).appendingPathComponent(path).path
            if FileManager.default.fileExists(atPath: file) { return file }
        }
        throw LabError("\(path) is missing: run tools/install-packages demo test in the source folder")
    }

    /// Those of `names` that PATH does not lead to.
    public static func missing(_ names: [String]) -> [String] {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return names.filter { name in
            !folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
        }
    }
}
