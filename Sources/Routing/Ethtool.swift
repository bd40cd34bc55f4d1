// What `ethtool` shows of a card: its queues and its offloads here, its receive-side scaling in CardScaling, by the same ioctl (linux/ethtool.h). The kernel's ioctl takes
// any socket of the interface's namespace, the netlink one too.

import CXDP

/// How many queues of an interface are in use; `ethtool -l`.
public struct Channels: Equatable, Sendable {
    /// Receive queues, 1 or more: the queue numbers that an AF_XDP socket may bind to are below it.
    public let receive: UInt32
    /// Transmit queues, 1 or more.
    public let transmit: UInt32
    /// The driver counts queues in pairs of one each: `ethtool -L` sets `combined`, not `rx` and `tx`.
    public let areCombined: Bool
}

/// An offload or other feature of a card; `ethtool -k`.
public struct Feature: Equatable, Sendable {
    /// The kernel's name, such as `rx-vlan-hw-parse`, `rx-lro`, `rx-gro-hw`, `tx-checksum-ip-generic`.
    public let name: String
    /// It is on.
    public let isActive: Bool
    /// `ethtool -K` can change it.
    public let isChangeable: Bool
}

extension Kernel {
    /// The queues in use on an interface: a card, not a VLAN device on it. A driver without channels has one of each.
    /// - Throws: `RoutingError` when there is no such interface.
    public func channels(of interface: String) throws(RoutingError) -> Channels {
        var command = ethtool_channels()
        command.cmd = UInt32(ETHTOOL_GCHANNELS)
        let errno = netlink_ethtool(mnl_socket_get_fd(socket), interface, &command)
        guard errno == 0 || errno == EOPNOTSUPP else {
            throw RoutingError("cannot read the channels of interface \(interface)", errno: errno)
        }
        return Channels(
            receive: max(1, command.rx_count + command.combined_count),
            transmit: max(1, command.tx_count + command.combined_count), areCombined: command.max_combined > 0)
    }

    /// The name of an interface's driver, such as `igb` or `virtio_net`.
    /// - Throws: `RoutingError` when there is no such interface, or its driver tells nothing.
    public func driver(of interface: String) throws(RoutingError) -> String {
        var command = ethtool_drvinfo()
        command.cmd = UInt32(ETHTOOL_GDRVINFO)
        let errno = netlink_ethtool(mnl_socket_get_fd(socket), interface, &command)
        guard errno == 0 else { throw RoutingError("cannot read the driver of interface \(interface)", errno: errno) }
        return withUnsafeBytes(of: command.driver) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The features of an interface.
    /// - Throws: `RoutingError` when there is no such interface.
    public func features(of interface: String) throws(RoutingError) -> [Feature] {
        let names = try featureNames(of: interface)
        let blocks = (names.count + 31) / 32
        // struct ethtool_gfeatures: a block of four masks, available, requested, active, never_changed, for 32 features.
        let answer = try ethtool(
            "read the features of interface \(interface)", interface,
            [UInt32(ETHTOOL_GFEATURES), UInt32(blocks)] + Array(repeating: 0, count: 4 * blocks))
        return names.enumerated().compactMap { index, name in
            let block = 2 + 4 * (index / 32)
            let bit = UInt32(1) << UInt32(index % 32)
            return name.isEmpty
                ? nil
                : Feature(
                    name: name, isActive: answer[block + 2] & bit != 0, isChangeable: answer[block] & bit != 0)
        }
    }

    /// The names of all features, in the order of their bits.
    private func featureNames(of interface: String) throws(RoutingError) -> [String] {
        // struct ethtool_sset_info: command, reserved, 64 bits of mask, then the size of each set in the mask.
        let set = UInt32(ETH_SS_FEATURES.rawValue)
        let count = try ethtool(
            "read the features of interface \(interface)", interface, [UInt32(ETHTOOL_GSSET_INFO), 0, 1 << set, 0, 0])[
                4]
        // struct ethtool_gstrings: command, set, length, then strings of ETH_GSTRING_LEN bytes, ended by zeros.
        let stringWords = Int(ETH_GSTRING_LEN) / 4
        let strings = try ethtool(
            "read the features of interface \(interface)", interface,
            [UInt32(ETHTOOL_GSTRINGS), set, count] + Array(repeating: 0, count: Int(count) * stringWords))
        return strings.withUnsafeBytes { octets in
            (0..<Int(count)).map { index in
                let string = octets.dropFirst(12 + index * Int(ETH_GSTRING_LEN)).prefix(Int(ETH_GSTRING_LEN))
                return String(decoding: string.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
    }

    /// One ethtool command, written and answered in place; `action` is what an error says was tried.
    func ethtool(_ action: String, _ interface: String, _ command: [UInt32]) throws(RoutingError) -> [UInt32] {
        var command = command
        let errno = netlink_ethtool(mnl_socket_get_fd(socket), interface, &command)
        guard errno == 0 else {
            throw RoutingError("cannot \(action)", errno: errno)
        }
        return command
    }
}
