import CXDP
import InNamespace
import Lab
import Testing

@testable import Routing

@Suite struct QueueRuleTests {
    @Test("A rule's bytes are those of struct ethtool_rxnfc")
    func layout() {
        // linux/ethtool.h: the specification begins at 16 with the type of flow; its values at 20, its masks at 92, each
        // with the source port at 8 and the destination port at 10; queue at 168, place at 176, count at 184.
        var expected = [UInt8](repeating: 0, count: 192)
        func put<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
            withUnsafeBytes(of: number) { expected.replaceSubrange(offset..<offset + $0.count, with: $0) }
        }
        put(UInt32(0x32), at: 0)  // ETHTOOL_SRXCLSRLINS
        put(UInt32(1), at: 16)  // TCP_V4_FLOW
        put(UInt16(2121).bigEndian, at: 30)
        put(UInt16.max, at: 102)
        put(UInt64(7), at: 168)
        put(UInt32(0xffff_ffff), at: 176)  // RX_CLS_LOC_ANY
        let toServers = QueueRule(.destination, 2121, queue: 7)
        #expect(octets(toServers.command(ETHTOOL_SRXCLSRLINS, location: .max)) == expected)

        put(UInt32(0x31), at: 0)  // ETHTOOL_SRXCLSRLDEL
        put(UInt32(0), at: 28)
        put(UInt32(0), at: 100)
        put(UInt16(21).bigEndian, at: 28)
        put(UInt16.max, at: 100)
        put(UInt64(0), at: 168)
        put(UInt32(1023), at: 176)
        let fromServers = QueueRule(.source, 21, queue: 0)
        #expect(octets(fromServers.command(ETHTOOL_SRXCLSRLDEL, location: 1023)) == expected)

        var count = ethtool_rxnfc()
        count.rule_cnt = 0x0102_0304
        #expect(octets(count)[Kernel.placesOffset - 4..<Kernel.placesOffset].elementsEqual([4, 3, 2, 1]))
    }

    private func octets(_ command: ethtool_rxnfc) -> [UInt8] { withUnsafeBytes(of: command) { Array($0) } }

    @Test("What the kernel says of a rule is the rule, and of any other is not")
    func read() {
        for rule in [QueueRule(.source, 21, queue: 3), QueueRule(.destination, 65535, queue: 0)] {
            let answer = rule.command(ETHTOOL_GRXCLSRULE, location: 5)
            #expect(QueueRule(answer) == rule)
            let changes: [(inout ethtool_rxnfc) -> Void] = [
                { $0.fs.flow_type = UInt32(UDP_V4_FLOW) },
                { $0.fs.ring_cookie = .max },  // RX_CLS_FLOW_DISC
                { $0.fs.m_u.tcp_ip4_spec.ip4src = .max },
                { $0.fs.h_u.tcp_ip4_spec.ip4dst = 1 },
                { $0.fs.m_u.tcp_ip4_spec.psrc ^= 0x100 },
                { ($0.fs.m_u.tcp_ip4_spec.psrc, $0.fs.m_u.tcp_ip4_spec.pdst) = (.max, .max) },
            ]
            for (number, change) in changes.enumerated() {
                var other = answer
                change(&other)
                #expect(QueueRule(other) == nil, "change \(number)")
            }
        }
    }

    @Test("A rule is spelt as ethtool -N takes it")
    func spelling() {
        #expect("\(QueueRule(.source, 21, queue: 3))" == "flow-type tcp4 src-port 21 action 3")
        #expect("\(QueueRule(.destination, 2121, queue: 0))" == "flow-type tcp4 dst-port 2121 action 0")
    }

    @Test(
        "A driver without rules refuses, and the refusal names card, rule and errno",
        .enabled(if: Namespace.isPossible, "needs root and ip, to make namespaces"))
    func refused() throws {
        try Router.with(queues: 2) { router in
            try router.namespace.inside {
                let kernel = try Kernel()
                let rule = QueueRule(.source, 21, queue: 1)
                let error = #expect(throws: RoutingError.self) { try kernel.add(rule, to: "wan0") }
                #expect(error?.errno == EOPNOTSUPP)
                #expect(
                    error?.description.hasPrefix(
                        "cannot have wan0 obey the rule 'flow-type tcp4 src-port 21 action 1': ")
                        == true)
                // Nothing is there to be removed, which is all that is wanted.
                try kernel.remove(rule, at: 0, of: "wan0")
            }
        }
    }
}
