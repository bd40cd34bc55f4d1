import XDPSockets

/// In which mode the sockets bind, and why: one mode for all, because all share one memory, and the kernel gives every
/// socket of a memory the mode of the first (`xp_assign_dev_shared` in net/xdp/xsk_buff_pool.c).
///
/// Zero-copy pays for a socket, and costs what XDP does on the same queue. So `auto` means zero-copy only where the
/// services have queues of their own; and `on` for one interface is a wish that outweighs `auto` for the others.
struct SocketModeChoice: Equatable {
    let mode: SocketMode
    /// For the log, following the mode.
    let reason: String

    /// `dedicated` are the names of those interfaces on which the services have queues of their own.
    init(_ interfaces: [Configuration.Interface], dedicated: Set<String>) {
        if let off = interfaces.first(where: { $0.zeroCopy == .off }) {
            (mode, reason) = (.copy, "zero-copy is off for \(off.name)")
        } else if let on = interfaces.first(where: { $0.zeroCopy == .on }) {
            (mode, reason) = (.zeroCopy, "zero-copy is on for \(on.name)")
        } else if let shared = interfaces.first(where: { !dedicated.contains($0.name) }) {
            (mode, reason) = (.copy, "zero-copy is auto, and \(shared.name) has no queues for the services alone")
        } else {
            (mode, reason) = (.zeroCopy, "zero-copy is auto, and the services have queues of their own everywhere")
        }
    }
}
