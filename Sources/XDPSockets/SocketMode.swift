import CXDP

/// How packets come between the card and the user memory.
///
/// Whether the XDP program runs in the driver (native) or in the stack (skb) does not depend on the socket: it is
/// decided where the program is attached.
public enum SocketMode: String, Hashable, Sendable {
    /// The kernel copies every packet. Works with every driver.
    case copy
    /// The card reads and writes the user memory. Needs a driver that can, and slows what XDP does on the same queue.
    case zeroCopy = "zero-copy"

    /// The flag of sockaddr_xdp (linux/if_xdp.h) that insists on the mode.
    var bindFlag: UInt16 { UInt16(self == .copy ? XDP_COPY : XDP_ZEROCOPY) }
}

extension SocketMode: CustomStringConvertible {
    /// `copy` or `zero-copy`.
    public var description: String { rawValue }
}
