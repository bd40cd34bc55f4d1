// How a card spreads what it receives over its queues, as far as its driver tells: `ethtool -x` and
// `ethtool -n CARD rx-flow-hash tcp4`. By ioctl, which every kernel answers; by netlink only those from 6.2 on do.

import CXDP
import WireFormats

/// A card's receive-side scaling of TCP over IPv4.
public struct CardScaling: Equatable, Sendable {
    /// The key of its hash.
    public let key: ToeplitzKey
    /// The queue for each value of the hash's low bits; the size is a power of two.
    public let indirection: [UInt32]
    /// The ports are hashed with the addresses.
    public let hashesPorts: Bool

    /// What a driver tells of it.
    public enum Answer: Equatable, Sendable {
        /// All that is needed.
        case told(CardScaling)
        /// Not all; the reason is for the operator, and follows the name of the card.
        case untold(because: String)
    }
}

extension Kernel {
    /// How a card spreads TCP over IPv4 over its receive queues.
    /// - Throws: `RoutingError` when there is no such interface.
    public func scaling(of interface: String) throws(RoutingError) -> CardScaling.Answer {
        // struct ethtool_rxfh: command, context, sizes of table (entries) and key (octets), function and three reserved
        // octets, a reserved word; then the table and the key. Sizes of 0 ask for the sizes.
        guard let sizes = try answer(interface, [UInt32(ETHTOOL_GRSSH), 0, 0, 0, 0, 0]) else {
            return .untold(because: "its driver tells nothing about receive-side scaling")
        }
        let room = Int(sizes[2]) + (Int(sizes[3]) + 3) / 4
        let question = [UInt32(ETHTOOL_GRSSH), 0, sizes[2], sizes[3], 0, 0] + Array(repeating: 0, count: room)
        guard let spreading = try answer(interface, question) else {
            return .untold(because: "its driver tells nothing about receive-side scaling")
        }
        // struct ethtool_rxnfc as far as this command reads it: command, type of flow, 64 bits of fields.
        guard let fields = try answer(interface, [UInt32(ETHTOOL_GRXFH), UInt32(TCP_V4_FLOW), 0, 0]) else {
            return .untold(because: "its driver does not tell which fields of a packet it hashes")
        }
        return CardScaling.Answer(spreading: spreading, fields: fields[2])
    }

    /// The answer to an ethtool command; nil where the driver does not know the command.
    private func answer(_ interface: String, _ command: [UInt32]) throws(RoutingError) -> [UInt32]? {
        do {
            return try ethtool("read the receive-side scaling of interface \(interface)", interface, command)
        } catch {
            guard error.errno == EOPNOTSUPP || error.errno == EINVAL else { throw error }
            return nil
        }
    }
}

extension CardScaling.Answer {
    /// From a whole `struct ethtool_rxfh`, and the RXH_ bits of TCP over IPv4.
    init(spreading: [UInt32], fields: UInt32) {
        let entries = Int(spreading[2])
        let octets = spreading.withUnsafeBytes { Array($0) }
        let (function, transformation) = (octets[16], octets[17])
        let key = octets.dropFirst(24 + 4 * entries).prefix(Int(spreading[3]))
        let (addresses, ports) = (UInt32(RXH_IP_SRC | RXH_IP_DST), UInt32(RXH_L4_B_0_1 | RXH_L4_B_2_3))
        if entries.nonzeroBitCount != 1 {
            self = .untold(because: "its indirection table has \(entries) entries, which is no power of two")
        } else if key.isEmpty {
            self = .untold(because: "its driver tells the indirection table, but not the key of the hash")
        } else if function != Self.toeplitz {
            self = .untold(because: "its hash is not known to be Toeplitz's")
        } else if transformation != 0 {
            self = .untold(because: "its hash is symmetric, which is not Toeplitz's own")
        } else if fields != addresses, fields != addresses | ports {
            self = .untold(because: "it hashes other fields of TCP over IPv4 than addresses and ports")
        } else if let key = ToeplitzKey(Array(key)) {
            self = .told(
                CardScaling(
                    key: key, indirection: Array(spreading[6..<6 + entries]), hashesPorts: fields != addresses))
        } else {
            self = .untold(because: "the key of its hash has only \(key.count) octets")
        }
    }

    /// ETH_RSS_HASH_TOP, which linux/ethtool.h does not have (it is a string set of the kernel's).
    private static let toeplitz: UInt8 = 1
}
