import CXDP
import WireFormats

/// Where the kernel would send a packet.
public enum Route: Equatable, Sendable {
    /// Out of an interface.
    case hop(Hop)
    /// To the router itself.
    case local
    /// A broadcast or multicast address: nothing that a conversation is held with.
    case broadcast
    /// No route, or one of type `unreachable`; also the answer for a forwarded packet where forwarding is off.
    case unreachable
    /// A route of type `blackhole`, or a source address that no forwarded packet may have.
    case blackhole
    /// A route of type `prohibit`, or a packet that reverse-path filtering refuses.
    case prohibited
}

/// The next hop of a packet.
public struct Hop: Equatable, Sendable {
    /// The output interface's index.
    public let interface: UInt32
    /// The router to send to; nil when the destination is on the link itself.
    public let gateway: IPv4Address?
    /// The path MTU in bytes of IP packet, from the route or learned from ICMP; nil when the interface's MTU decides.
    public let mtu: UInt32?
    /// The address that the router itself would send from; nil for a forwarded packet.
    public let preferredSource: IPv4Address?

    /// A hop from its parts.
    public init(interface: UInt32, gateway: IPv4Address?, mtu: UInt32?, preferredSource: IPv4Address?) {
        self.interface = interface
        self.gateway = gateway
        self.mtu = mtu
        self.preferredSource = preferredSource
    }

    /// Whose neighbour entry a packet to `destination` needs.
    public func neighbour(of destination: IPv4Address) -> IPv4Address { gateway ?? destination }
}

extension Kernel {
    /// The route of a packet that the router itself sends, as `ip route get DESTINATION` prints it.
    /// - Throws: `RoutingError` when the kernel cannot be asked, or the gateway is an IPv6 one (RFC 8950).
    public func route(to destination: IPv4Address) throws(RoutingError) -> Route {
        try route(to: destination, arrival: nil)
    }

    /// The route of a packet that the router forwards: policy rules (`ip rule`) see its source and the interface, by
    /// index, that it arrives on.
    /// - Throws: `RoutingError` when the kernel cannot be asked, or the gateway is an IPv6 one (RFC 8950).
    public func route(
        to destination: IPv4Address, from source: IPv4Address, arrivingOn interface: UInt32
    ) throws(RoutingError) -> Route {
        try route(to: destination, arrival: (source, interface))
    }

    private func route(
        to destination: IPv4Address, arrival: (source: IPv4Address, interface: UInt32)?
    ) throws(RoutingError) -> Route {
        var body = rtmsg()
        body.rtm_family = UInt8(AF_INET)
        body.rtm_dst_len = 32
        body.rtm_src_len = arrival == nil ? 0 : 32
        let action = "cannot look up the route to \(destination)"
        var answer: Route?
        do {
            try ask(action, type: RTM_GETROUTE, body: body) { request in
                request.put(Int(RTA_DST.rawValue), destination.bigEndian)
                if let arrival {
                    request.put(Int(RTA_SRC.rawValue), arrival.source.bigEndian)
                    request.put(Int(RTA_IIF.rawValue), arrival.interface)
                }
            } each: {
                answer = Route($0)
            }
        } catch {
            guard let refusal = error.errno.flatMap(Route.init(errno:)) else { throw error }
            return refusal
        }
        guard let answer else {
            throw RoutingError(action, advice: "its gateway is no IPv4 address; give the route an IPv4 gateway")
        }
        return answer
    }
}

extension Route {
    /// The kernel answers a lookup that ends in a special route with that type's error (fib_semantics.c, fib_props).
    fileprivate init?(errno: Int32) {
        switch errno {
        case ENETUNREACH, EHOSTUNREACH: self = .unreachable
        case EINVAL: self = .blackhole
        case EACCES, EXDEV: self = .prohibited
        default: return nil
        }
    }

    /// Nil for a gateway of another family.
    fileprivate init?(_ message: Message) {
        switch Int(message.body(as: rtmsg.self).rtm_type) {
        case RTN_UNICAST:
            guard let hop = Hop(message) else { return nil }
            self = .hop(hop)
        case RTN_LOCAL: self = .local
        case RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST: self = .broadcast
        case RTN_BLACKHOLE: self = .blackhole
        case RTN_PROHIBIT: self = .prohibited
        default: self = .unreachable
        }
    }
}

extension Hop {
    fileprivate init?(_ message: Message) {
        var interface: UInt32?
        var gateway: IPv4Address?
        var mtu: UInt32?
        var source: IPv4Address?
        for attribute in message.attributes(after: rtmsg.self) {
            switch rtattr_type_t(UInt32(attribute.type)) {
            case RTA_OIF: interface = attribute.uint32
            case RTA_GATEWAY: gateway = IPv4Address(UInt32(bigEndian: attribute.uint32))
            case RTA_PREFSRC: source = IPv4Address(UInt32(bigEndian: attribute.uint32))
            case RTA_METRICS: mtu = attribute.nested.first { $0.type == RTAX_MTU }?.uint32
            case RTA_VIA: return nil
            default: break
            }
        }
        guard let interface else { return nil }
        self.init(interface: interface, gateway: gateway, mtu: mtu, preferredSource: source)
    }
}
