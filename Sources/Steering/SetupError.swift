import CXDP
import Glibc

/// Why steering could not be set up, worded for the operator.
public struct SetupError: Error, CustomStringConvertible {
    /// The system or library call that failed.
    public let call: String
    /// The interface, map or other thing that it was about; nil if there is none.
    public let subject: String?
    /// The errno; positive.
    public let code: Int32
    /// What to do about it.
    public let advice: String

    /// An error from the result of a call: `code` is an errno, of either sign as libbpf returns it.
    init(_ call: String, of subject: String? = nil, code: Int32, advice: String? = nil) {
        self.call = call
        self.subject = subject
        self.code = abs(code)
        self.advice = advice ?? Self.usualAdvice(self.code)
    }

    /// `CALL of SUBJECT: REASON (errno N); ADVICE`.
    public var description: String {
        let subject = subject.map { " of \($0)" } ?? ""
        let reason = unsafe String(cString: strerror(code))
        return "\(call)\(subject): \(reason) (errno \(code)); \(advice)"
    }

    private static func usualAdvice(_ code: Int32) -> String {
        switch code {
        case EPERM, EACCES: "run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"
        case ENODEV, ENXIO: "check the interface's name: `ip link` shows those that exist"
        case ENOENT: "the gateway that it belongs to is not running"
        case ENOMEM, E2BIG, ENOSPC: "configure fewer entries, or free memory"
        default: "Linux 6.1 or later with BPF and AF_XDP is needed"
        }
    }
}
