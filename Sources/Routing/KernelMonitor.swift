import CXDP
import Glibc

/// Tells when the kernel's tables change, so that what was learned from them can be asked again.
///
/// Invariant: one thread uses it. Changes are counted from its making on: make it first, then read the tables.
public final class KernelMonitor {
    private let socket: OpaquePointer
    private let buffer: UnsafeMutableRawBufferPointer

    /// What has changed; the details are for `Kernel` to ask.
    public struct Changes: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Neighbour entries.
        public static let neighbours = Changes(rawValue: 1)
        /// Addresses of the router, IPv4 or IPv6.
        public static let addresses = Changes(rawValue: 2)
        /// Interfaces: new, gone, up, down, renamed, another MTU or station address.
        public static let interfaces = Changes(rawValue: 4)
        /// IPv4 routes and policy rules.
        public static let routes = Changes(rawValue: 8)
        /// All of these; also when the kernel had to drop notices because they were not drained in time.
        public static let all: Changes = [.neighbours, .addresses, .interfaces, .routes]
    }

    /// Subscribes, in the calling thread's network namespace.
    /// - Throws: the kernel's refusal.
    public init() throws(RoutingError) {
        let groups =
            RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE
        socket = try openSocket(flags: Int32(SOCK_NONBLOCK.rawValue), groups: UInt32(groups))
        buffer = .allocate(byteCount: 32768, alignment: 16)
    }

    deinit {
        mnl_socket_close(socket)
        buffer.deallocate()
    }

    /// Readable when something has changed; for poll and epoll. It closes with the monitor.
    public var descriptor: Int32 { mnl_socket_get_fd(socket) }

    /// Takes all notices that wait, without blocking; empty when there is none.
    /// - Throws: `RoutingError` when the socket fails.
    public func drain() throws(RoutingError) -> Changes {
        var changes: Changes = []
        while true {
            let count = mnl_socket_recvfrom(socket, buffer.baseAddress, buffer.count)
            if count >= 0 {
                changes.formUnion(read(count))
                continue
            }
            switch errno {
            case EAGAIN: return changes
            case EINTR: continue
            case ENOBUFS: changes = .all
            default: throw RoutingError("cannot follow the kernel's tables", errno: errno)
            }
        }
    }

    private func read(_ count: Int) -> Changes {
        var changes: Changes = []
        var remaining = Int32(count)
        var header = UnsafePointer(buffer.baseAddress!.assumingMemoryBound(to: nlmsghdr.self))
        while mnl_nlmsg_ok(header, remaining) {
            switch Int(header.pointee.nlmsg_type) {
            case RTM_NEWNEIGH, RTM_DELNEIGH: changes.insert(.neighbours)
            case RTM_NEWADDR, RTM_DELADDR: changes.insert(.addresses)
            case RTM_NEWLINK, RTM_DELLINK: changes.insert(.interfaces)
            case RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWRULE, RTM_DELRULE: changes.insert(.routes)
            default: break
            }
            header = UnsafePointer(mnl_nlmsg_next(header, &remaining))
        }
        return changes
    }
}
