import CXDP
import Glibc

/// Tells when the kernel's tables change, so that what was learned from them can be asked again.
///
/// Invariant: one thread uses it. Changes are counted from its making on: make it first, then read the tables. The
/// neighbours that there are already count as a change once.
public final class KernelMonitor {
    private let socket: OpaquePointer
    private let buffer: UnsafeMutableRawBufferPointer
    /// The stations that packets can be sent to: without them, a change could not be told from a mere confirmation.
    private var stations: [NeighbourKey: EthernetAddress] = [:]

    /// Of which neighbour a notice is.
    private struct NeighbourKey: Hashable {
        let interface: Int32
        let address: [UInt8]
    }

    /// What has changed; the details are for `Kernel` to ask.
    public struct Changes: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Where a neighbour's packets go to: it can be reached now, or no more, or at another station. Not that the
        /// kernel trusts an entry more or less than before, of which there are notices all the time.
        public static let neighbours = Changes(rawValue: 1)
        /// Addresses of the router, IPv4 or IPv6.
        public static let addresses = Changes(rawValue: 2)
        /// Interfaces: new, gone, up, down, renamed, another MTU or station address.
        public static let interfaces = Changes(rawValue: 4)
        /// Routes, next hops that routes share, and policy rules.
        public static let routes = Changes(rawValue: 8)
        /// All of these; also when the kernel had to drop notices because they were not drained in time.
        public static let all: Changes = [.neighbours, .addresses, .interfaces, .routes]
    }

    /// Subscribes, in the calling thread's network namespace.
    /// - Throws: the kernel's refusal.
    public init() throws(RoutingError) {
        let groups = [
            RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
            RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, RTNLGRP_NEXTHOP,
        ].reduce(UInt32(0)) { $0 | 1 << ($1.rawValue - 1) }
        socket = try openSocket(flags: Int32(SOCK_NONBLOCK.rawValue), groups: groups)
        buffer = .allocate(byteCount: 32768, alignment: 16)
        try askForNeighbours()
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
            case ENOBUFS:
                changes = .all
                stations = [:]
                try askForNeighbours()
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
            case RTM_NEWNEIGH, RTM_DELNEIGH: if isChange(Message(header: header)) { changes.insert(.neighbours) }
            case RTM_NEWADDR, RTM_DELADDR: changes.insert(.addresses)
            case RTM_NEWLINK, RTM_DELLINK: changes.insert(.interfaces)
            case RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWRULE, RTM_DELRULE, RTM_NEWNEXTHOP, RTM_DELNEXTHOP:
                changes.insert(.routes)
            default: break
            }
            header = UnsafePointer(mnl_nlmsg_next(header, &remaining))
        }
        return changes
    }

    /// Has the kernel tell all neighbours, as notices among the others.
    private func askForNeighbours() throws(RoutingError) {
        let request = Request(in: buffer.baseAddress!, type: RTM_GETNEIGH, flags: NLM_F_DUMP, body: ndmsg())
        guard mnl_socket_sendto(socket, request.header, Int(request.header.pointee.nlmsg_len)) >= 0 else {
            throw RoutingError("cannot ask for the kernel's neighbours", errno: errno)
        }
    }

    /// Notes what a notice says of a neighbour; whether its packets go elsewhere now. Bridges' tables are not of this
    /// kind.
    private func isChange(_ message: Message) -> Bool {
        let body = message.body(as: ndmsg.self)
        guard body.ndm_family == AF_INET || body.ndm_family == AF_INET6,
            let address = message.attributes(after: ndmsg.self).first(where: { $0.type == NDA_DST })
        else { return false }
        let key = NeighbourKey(interface: body.ndm_ifindex, address: Array(address.octets))
        let station = message.type == RTM_DELNEIGH ? nil : Neighbour(message).destination
        guard stations[key] != station else { return false }
        stations[key] = station
        return true
    }
}
