import ArgumentParser
import WireFormats

/// The addresses that begin alike: `192.168.0.0/16`; without a length, one.
struct Prefix: ExpressibleByArgument, CustomStringConvertible {
    let address: IPv4Address
    let length: Int

    init?(argument: String) {
        let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPv4Address(parts[0]), let length = parts.count == 1 ? 32 : Int(parts[1]),
            (0...32).contains(length)
        else { return nil }
        self.address = address
        self.length = length
    }

    var description: String { "\(address)/\(length)" }

    func contains(_ other: IPv4Address) -> Bool { (address.value ^ other.value) >> UInt32(32 - length) == 0 }
}
