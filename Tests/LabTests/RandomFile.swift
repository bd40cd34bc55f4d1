// Files of random bytes, which no two tests share.

import Foundation

@testable import Lab

/// Makes a file of random bytes that an FTP server may read.
func makeFile(_ path: String, bytes: Int) throws {
    try ChildProcess(["sh", "-c", "head -c \(bytes) /dev/urandom >'\(path)' && chmod 644 '\(path)'"]).succeed()
}
