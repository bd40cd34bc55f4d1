import CSteering
import Foundation

/// Link-layer addresses of the neighbours.
enum Station {
    static let client: [UInt8] = [2, 0, 0, 0, 1, 0x10]
    static let upstream: [UInt8] = [2, 0, 0, 0, 2, 0xfe]
    static let stranger: [UInt8] = [2, 0, 0, 0, 9, 9]
    static let broadcast: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
}

/// The bytes of an address of either family in text.
func address(_ text: String) -> [UInt8] {
    let isIPv6 = text.contains(":")
    var bytes = [UInt8](repeating: 0, count: isIPv6 ? 16 : 4)
    precondition(inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, &bytes) == 1, "not an address: \(text)")
    return bytes
}

extension steering_address {
    init(_ text: String) {
        self.init()
        withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: address(text)) }
    }
}

extension steering_tuple {
    /// A key, from what a packet shows; ports in host byte order.
    init(_ side: steering_side, _ source: String, _ from: UInt16, _ destination: String, _ to: UInt16, tcp: Bool = true)
    {
        self.init(
            source: steering_address(source).word.0, destination: steering_address(destination).word.0,
            source_port: from.bigEndian, destination_port: to.bigEndian, protocol: tcp ? 6 : 17,
            side: UInt8(side.rawValue), zero: 0)
    }
}

extension steering_tuple6 {
    /// The same for IPv6.
    init(_ side: steering_side, _ source: String, _ from: UInt16, _ destination: String, _ to: UInt16, tcp: Bool = true)
    {
        self.init(
            source: steering_address(source), destination: steering_address(destination),
            source_port: from.bigEndian, destination_port: to.bigEndian, protocol: tcp ? 6 : 17,
            side: UInt8(side.rawValue), zero: 0)
    }
}

extension steering_translation {
    init(_ source: String, _ from: UInt16, _ destination: String, _ to: UInt16) {
        self.init(
            source: steering_address(source).word.0, destination: steering_address(destination).word.0,
            source_port: from.bigEndian, destination_port: to.bigEndian)
    }
}

/// The bytes of a structure without padding, to compare it by.
func raw<Structure>(_ structure: Structure) -> [UInt8] { withUnsafeBytes(of: structure) { Array($0) } }
