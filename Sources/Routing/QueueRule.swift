// Rules by which a card brings packets to one of its queues: `ethtool -n` and `ethtool -N`, by the ioctl that these use
// (ETHTOOL_SRXCLSRLINS and its like, linux/ethtool.h). Many drivers have none.

import CXDP

/// A rule for the TCP packets over IPv4 with one port.
public struct QueueRule: Codable, Equatable, Sendable {
    /// Which port of a packet is compared.
    public enum Port: String, Codable, Sendable {
        /// Where it comes from.
        case source
        /// Where it goes.
        case destination
    }

    /// Which port of a packet is compared.
    public let end: Port
    /// The port, in host byte order.
    public let port: UInt16
    /// The receive queue, from 0 on.
    public let queue: UInt32

    /// A rule from its parts.
    public init(_ end: Port, _ port: UInt16, queue: UInt32) {
        self.end = end
        self.port = port
        self.queue = queue
    }
}

extension QueueRule: CustomStringConvertible {
    /// As `ethtool -N CARD` takes it: `flow-type tcp4 dst-port 21 action 7`.
    public var description: String {
        "flow-type tcp4 \(end == .source ? "src" : "dst")-port \(port) action \(queue)"
    }
}

extension QueueRule {
    /// The kernel's form of it, for a place of the card's table.
    func command(_ command: Int32, location: UInt32) -> ethtool_rxnfc {
        var request = ethtool_rxnfc()
        request.cmd = UInt32(command)
        request.fs.flow_type = UInt32(TCP_V4_FLOW)
        switch end {
        case .source:
            request.fs.h_u.tcp_ip4_spec.psrc = port.bigEndian
            request.fs.m_u.tcp_ip4_spec.psrc = .max
        case .destination:
            request.fs.h_u.tcp_ip4_spec.pdst = port.bigEndian
            request.fs.m_u.tcp_ip4_spec.pdst = .max
        }
        request.fs.ring_cookie = UInt64(queue)
        request.fs.location = location
        return request
    }

    /// Nil for a rule that compares anything else, or does anything else with what it finds.
    init?(_ answer: ethtool_rxnfc) {
        let (value, mask) = (answer.fs.h_u.tcp_ip4_spec, answer.fs.m_u.tcp_ip4_spec)
        guard let queue = UInt32(exactly: answer.fs.ring_cookie) else { return nil }
        self.init(
            mask.psrc == 0 ? .destination : .source, (mask.psrc == 0 ? value.pdst : value.psrc).bigEndian, queue: queue)
        let own = command(ETHTOOL_GRXCLSRULE, location: answer.fs.location).fs
        guard own.flow_type == answer.fs.flow_type, Self.octets(own.h_u) == Self.octets(answer.fs.h_u),
            Self.octets(own.m_u) == Self.octets(answer.fs.m_u)
        else { return nil }
    }

    private static func octets(_ union: ethtool_flow_union) -> [UInt8] { withUnsafeBytes(of: union) { Array($0) } }
}

extension Kernel {
    /// Adds a rule to a card's table; the place that it has there.
    /// - Throws: the driver's refusal.
    public func add(_ rule: QueueRule, to card: String) throws(RoutingError) -> UInt32 {
        let action = "have \(card) obey the rule '\(rule)'"
        var request = rule.command(ETHTOOL_SRXCLSRLINS, location: try freePlace(action, card))
        try exchange(action, card, &request)
        return request.fs.location
    }

    /// Removes the rule at a place, if it is this one: the place may be another rule's by now.
    /// - Throws: the driver's refusal.
    public func remove(_ rule: QueueRule, at location: UInt32, of card: String) throws(RoutingError) {
        let action = "take the rule '\(rule)' from \(card)"
        var request = ethtool_rxnfc()
        request.cmd = UInt32(ETHTOOL_GRXCLSRULE)
        request.fs.location = location
        guard (try? exchange(action, card, &request)) != nil, QueueRule(request) == rule else { return }
        request = rule.command(ETHTOOL_SRXCLSRLDEL, location: location)
        try exchange(action, card, &request)
    }

    /// Where the next rule goes: anywhere, if the driver chooses, else the last free place.
    private func freePlace(_ action: String, _ card: String) throws(RoutingError) -> UInt32 {
        var count = ethtool_rxnfc()
        count.cmd = UInt32(ETHTOOL_GRXCLSRLCNT)
        try exchange(action, card, &count)
        guard count.data & UInt64(RX_CLS_LOC_SPECIAL) == 0 else { return UInt32(RX_CLS_LOC_ANY) }
        // The kernel reads and writes the whole struct, and the places at the end of it, before the padding.
        let places = Self.placesOffset / 4
        var list = [UInt32](repeating: 0, count: MemoryLayout<ethtool_rxnfc>.size / 4 + Int(count.rule_cnt))
        list[0] = UInt32(ETHTOOL_GRXCLSRLALL)
        list[places - 1] = count.rule_cnt
        list = try ethtool(action, card, list)
        // The kernel says with the list how large the table is, in 64 bits after the command and the type of flow.
        let size = UInt64(list[2]) | UInt64(list[3]) << 32
        let taken = Set(list[places...].prefix(Int(list[places - 1])))
        guard let free = (0..<UInt32(clamping: size)).last(where: { !taken.contains($0) }) else {
            throw RoutingError(action, errno: ENOSPC)
        }
        return free
    }

    /// offsetof(struct ethtool_rxnfc, rule_locs); Swift does not see an array without elements.
    static let placesOffset = 188

    private func exchange(
        _ action: String, _ card: String, _ command: inout ethtool_rxnfc
    ) throws(RoutingError) {
        let errno = netlink_ethtool(mnl_socket_get_fd(socket), card, &command)
        guard errno == 0 else { throw RoutingError("cannot \(action)", errno: errno) }
    }
}
