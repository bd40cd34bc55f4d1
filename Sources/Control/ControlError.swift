import Foundation

/// Something about the gateway's own running that failed, worded for the operator.
public struct ControlError: Error, Equatable, CustomStringConvertible {
    /// What failed, where, why, and what to do.
    public let description: String

    init(_ description: String) { self.description = description }

    /// A failed system call; `advice` may be empty.
    init(_ action: String, errno: Int32, advice: String = "") {
        description =
            "\(action): \(String(cString: strerror(errno))) (errno \(errno))" + (advice.isEmpty ? "" : "; \(advice)")
    }
}
