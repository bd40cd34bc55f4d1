// The kernel's routing, neighbour, interface and address tables, asked through one netlink socket.
//
// Sallyport keeps no such table of its own: whoever needs a next hop asks here, on the slow path (a call is one send and
// one or two receives, some 10 microseconds). The socket belongs to the network namespace of the thread that made it.
// The questions themselves stand with their answers, in Route, Neighbour, Interface, LocalAddress and Ethtool.

import CXDP
import Glibc

/// A socket to the kernel's tables. Invariant: one thread uses it, one question at a time.
public final class Kernel {
    let socket: OpaquePointer
    private let buffer: UnsafeMutableRawBufferPointer
    private var sequence: UInt32 = 0

    /// Dumps come in parts of up to 32 KiB (af_netlink.c, netlink_recvmsg); a smaller buffer would cut them.
    private static let bufferSize = 32768

    /// Opens the socket in the calling thread's network namespace.
    /// - Throws: the kernel's refusal.
    public init() throws(RoutingError) {
        socket = try openSocket(flags: 0, groups: 0)
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 16)
    }

    deinit {
        mnl_socket_close(socket)
        buffer.deallocate()
    }

    /// Sends one question and hands every message of the answer to `each`.
    ///
    /// NLM_F_ACK makes the kernel end every answer alike, with an acknowledgement or, for a dump, with NLMSG_DONE.
    func ask<Body>(
        _ action: @autoclosure () -> String, type: Int, flags: Int32 = 0, body: Body,
        attributes: (Request) -> Void = { _ in }, each: (Message) -> Void = { _ in }
    ) throws(RoutingError) {
        let request = Request(in: buffer.baseAddress!, type: type, flags: NLM_F_ACK | flags, body: body)
        sequence &+= 1
        request.header.pointee.nlmsg_seq = sequence
        attributes(request)
        guard mnl_socket_sendto(socket, request.header, Int(request.header.pointee.nlmsg_len)) >= 0 else {
            throw RoutingError(action(), errno: errno)
        }
        while true {
            let count = mnl_socket_recvfrom(socket, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw RoutingError(action(), errno: errno) }
            switch read(count, each) {
            case .more: continue
            case .done: return
            case .failed(let errno): throw RoutingError(action(), errno: errno)
            }
        }
    }

    private enum Progress {
        case more, done
        case failed(Int32)
    }

    /// Messages of an earlier question that was given up are told by their sequence number, and skipped.
    private func read(_ count: Int, _ each: (Message) -> Void) -> Progress {
        var remaining = Int32(count)
        var header = UnsafePointer(buffer.baseAddress!.assumingMemoryBound(to: nlmsghdr.self))
        while mnl_nlmsg_ok(header, remaining) {
            let message = Message(header: header)
            if header.pointee.nlmsg_seq == sequence {
                // The tables changed under a dump: what was read may be neither the old state nor the new.
                if message.isInterrupted { return .failed(EAGAIN) }
                switch message.type {
                case Int(NLMSG_ERROR):
                    let error = -message.body(as: nlmsgerr.self).error
                    return error == 0 ? .done : .failed(error)
                case Int(NLMSG_DONE):
                    return .done
                default:
                    each(message)
                }
            }
            header = UnsafePointer(mnl_nlmsg_next(header, &remaining))
        }
        return .more
    }

    /// Reads a whole table, again if it changed meanwhile; a machine that never stops changing is reported.
    func dump<Body, Entry>(
        _ action: @autoclosure () -> String, type: Int, body: Body, attributes: (Request) -> Void = { _ in },
        entry: (Message) -> Entry?
    ) throws(RoutingError) -> [Entry] {
        var attempts = 0
        while true {
            attempts += 1
            var entries: [Entry] = []
            do {
                try ask(action(), type: type, flags: NLM_F_DUMP, body: body, attributes: attributes) {
                    if let entry = entry($0) { entries.append(entry) }
                }
                return entries
            } catch {
                guard error.errno == EAGAIN && attempts < 8 else { throw error }
            }
        }
    }
}

/// A netlink socket for routing, bound to no group or to those of `groups`.
func openSocket(flags: Int32, groups: UInt32) throws(RoutingError) -> OpaquePointer {
    guard let socket = mnl_socket_open2(NETLINK_ROUTE, flags | Int32(SOCK_CLOEXEC.rawValue)) else {
        throw RoutingError("cannot open a netlink socket", errno: errno)
    }
    guard mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) == 0 else {
        let error = RoutingError("cannot bind a netlink socket", errno: errno)
        mnl_socket_close(socket)
        throw error
    }
    return socket
}
