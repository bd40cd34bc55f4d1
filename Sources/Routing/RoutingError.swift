import CXDP

/// A question to the kernel that it refused, or answered with something the gateway cannot use.
public struct RoutingError: Error, Equatable, CustomStringConvertible {
    /// What was being done, with the interface or address that it was done to.
    public let action: String
    /// The kernel's error number (errno.h), or nil where the kernel's answer is what cannot be used.
    public let errno: Int32?
    /// What the operator can do about it; empty where nothing general can be said.
    public let advice: String

    init(_ action: String, errno: Int32) {
        self.action = action
        self.errno = errno
        advice =
            switch errno {
            case EPERM, EACCES: "run as root or with CAP_NET_ADMIN"
            case ENODEV, ENXIO: "the interface is gone: see 'ip link'"
            case EAFNOSUPPORT, EPROTONOSUPPORT: "the kernel lacks netlink routing sockets"
            default: ""
            }
    }

    init(_ action: String, advice: String) {
        self.action = action
        errno = nil
        self.advice = advice
    }

    /// One line: the action, the kernel's reason, the advice.
    public var description: String {
        var text = action
        if let errno { text += ": \(String(cString: strerror(errno))) (errno \(errno))" }
        if !advice.isEmpty { text += "; \(advice)" }
        return text
    }
}
