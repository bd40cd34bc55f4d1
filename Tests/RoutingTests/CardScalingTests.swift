import CXDP
import InNamespace
import Lab
import Testing
import WireFormats

@testable import Routing

/// Answers of drivers as the kernel lays them out (linux/ethtool.h); cards with keys are not to be had in namespaces.
@Suite struct CardScalingTests {
    private static let addresses = UInt32(RXH_IP_SRC | RXH_IP_DST)
    private static let all = addresses | UInt32(RXH_L4_B_0_1 | RXH_L4_B_2_3)
    private static let key = (0..<40).map { UInt8($0 * 3) }

    /// `struct ethtool_rxfh`.
    private func spreading(
        table: [UInt32] = [0, 1, 2, 3], key: [UInt8] = key, function: UInt8 = 1, transformation: UInt8 = 0
    ) -> [UInt32] {
        let words = (function, transformation, 0 as UInt8, 0 as UInt8)
        let padded = key + Array(repeating: 0, count: (4 - key.count % 4) % 4)
        return [
            UInt32(ETHTOOL_GRSSH), 0, UInt32(table.count), UInt32(key.count), unsafeBitCast(words, to: UInt32.self), 0,
        ]
            + table + padded.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
    }

    @Test("Key, table and fields are read as the kernel lays them out", arguments: [40, 52])
    func told(octets: Int) throws {
        let key = (0..<octets).map { UInt8($0 * 3) }
        for (fields, hashesPorts) in [(Self.addresses, false), (Self.all, true)] {
            let answer = CardScaling.Answer(spreading: spreading(key: key), fields: fields)
            let expected = CardScaling(
                key: try #require(ToeplitzKey(key)), indirection: [0, 1, 2, 3], hashesPorts: hashesPorts)
            #expect(answer == .told(expected))
        }
    }

    @Test("A card that does not tell all is untold, with the reason")
    func untold() {
        let cases: [(answer: [UInt32], fields: UInt32, reason: String)] = [
            (spreading(key: []), Self.all, "not the key"), (spreading(function: 2), Self.all, "Toeplitz"),
            (spreading(transformation: 1), Self.all, "symmetric"), (spreading(table: []), Self.all, "0 entries"),
            (spreading(table: [0, 1, 2]), Self.all, "3 entries"),
            (spreading(key: Array(Self.key.prefix(16))), Self.all, "16 octets"),
            (spreading(), Self.addresses | UInt32(RXH_L4_B_0_1), "other fields"),
            (spreading(), Self.all | UInt32(RXH_VLAN), "other fields"), (spreading(), 0, "other fields"),
        ]
        for (answer, fields, reason) in cases {
            guard case .untold(let because) = CardScaling.Answer(spreading: answer, fields: fields) else {
                Issue.record("told without \(reason)")
                continue
            }
            #expect(because.contains(reason))
        }
    }

    @Test(
        "A driver without receive-side scaling says so, and a missing interface is an error",
        .enabled(if: Namespace.isPossible, "needs root and ip, to make namespaces"))
    func veth() throws {
        try Router.with(queues: 2) { router in
            try router.namespace.inside {
                let answer = try Kernel().scaling(of: "wan0")
                #expect(answer == .untold(because: "its driver tells nothing about receive-side scaling"))
            }
        }
        let error = #expect(throws: RoutingError.self) { try Kernel().scaling(of: "sp-none") }
        #expect(error?.description.contains("sp-none") == true)
    }
}
