import Foundation
import InNamespace
import Lab
import Testing
import WireFormats

@testable import Control

/// The checks on a real router in a namespace: what they find is mended by the commands they print.
@Suite(.enabled(if: Namespace.isPossible, "needs root and ip, to make namespaces"), .serialized)
struct KernelCheckTests {
    static func configuration(ports: ClosedRange<UInt16> = 32768...65535) -> Configuration {
        Configuration(
            gateway: .init(), interfaces: [.init(name: "lan0", side: .inside), .init(name: "wan0", side: .outside)],
            nat: .init(addresses: [IPv4Address(203, 0, 113, 7)], ports: ports), ftp: .init())
    }

    /// Runs `body` with a router that has lan0 and wan0, as the kernel makes them.
    private func withRouter(_ body: (Namespace) throws -> Void) throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let router = try sandbox.namespace("router")
        for name in ["lan0", "wan0"] {
            try router.run("ip", "link", "add", name, "type", "veth", "peer", "name", "\(name)-peer")
        }
        try body(router)
    }

    /// The findings of that name that are not ok.
    private func wrong(_ name: String, _ router: Namespace, _ configuration: Configuration = Self.configuration())
        throws
        -> [Finding]
    {
        try router.inside { try KernelCheck(configuration).findings.filter { $0.name == name && $0.outcome != .ok } }
    }

    /// Runs a finding's commands as an operator would, in a shell.
    private func mend(_ findings: [Finding], _ router: Namespace) throws {
        for command in findings.flatMap(\.commands) { try router.run("sh", "-e", "-c", command) }
    }

    @Test("A router as the kernel makes it needs mending, and is mended by what the check prints")
    func fresh() throws {
        try withRouter { router in
            let before = try router.inside { try KernelCheck(Self.configuration()) }
            let names = Set(before.findings.filter { $0.outcome == .mend }.map(\.name))
            #expect(
                names == ["ip-forward", "reserved-ports", "local-ports", "interface", "forwarding", "public-address"])
            #expect(before.needsMending)
            try mend(before.findings.filter { $0.outcome == .mend }, router)
            let after = try router.inside { try KernelCheck(Self.configuration()) }
            #expect(!after.needsMending, "\(after.table)")
            // How many huge pages there are is the whole machine's affair.
            #expect(after.findings.filter { $0.outcome != .ok && $0.name != "huge-pages" }.isEmpty, "\(after.table)")
            #expect(after.table.contains("ok    ip-forward"))
        }
    }

    @Test("An interface that is missing is named, and no command pretends to mend it")
    func missingInterface() throws {
        try withRouter { router in
            try router.run("ip", "link", "delete", "wan0")
            let findings = try wrong("interface", router).filter { $0.subject == "wan0" }
            #expect(findings.map(\.what) == ["there is no such interface"])
        }
    }

    @Test("Ports that are reserved already stay reserved")
    func reservedPorts() throws {
        try withRouter { router in
            try router.set("ipv4/ip_local_reserved_ports", to: "5000,8000-8010,32000-40000")
            let findings = try wrong("reserved-ports", router)
            #expect(
                findings.map(\.commands) == [["sysctl -w net.ipv4.ip_local_reserved_ports=5000,8000-8010,32000-65535"]])
            try mend(findings, router)
            #expect(try wrong("reserved-ports", router).isEmpty)
        }
    }

    @Test("A block that takes all ports leaves the router none, and the check says so")
    func wholeBlock() throws {
        try withRouter { router in
            let greedy = Self.configuration(ports: 1024...65535)
            let finding = try #require(try wrong("local-ports", router, greedy).first)
            #expect(finding.commands.isEmpty && finding.why?.contains("make nat.ports smaller") == true)
            try router.nft("add table ip nat", "add chain ip nat post { type nat hook postrouting priority 100; }")
            try router.nft("add rule ip nat post oifname wan0 masquerade")
            let rule = try #require(try wrong("nftables-nat", router, greedy).first)
            #expect(rule.commands.isEmpty && rule.why?.contains("make nat.ports smaller") == true)
        }
    }

    @Test("Receive offloads and MTUs that stand in the way of XDP are found")
    func mtu() throws {
        try withRouter { router in
            try router.run("ip", "link", "set", "wan0", "mtu", "9000")
            let large = try wrong("mtu", router)
            #expect(large.map(\.subject) == ["wan0"] && large[0].outcome == .mend)
            try mend(large, router)
            #expect(try wrong("mtu", router).isEmpty)
            try router.run("ip", "link", "set", "wan0", "mtu", "1492")
            let different = try wrong("mtu", router)
            #expect(different.map(\.outcome) == [.note] && different[0].what.contains("1492 and 1500"))
        }
    }

    /// Rules of nftables, and whether each may take ports of the block 32768-65535 on wan0.
    static let nftablesRules: [(rule: String, takes: Bool)] = [
        ("masquerade", true),
        ("oifname \"wan0\" counter masquerade comment \"say masquerade, don't\"", true),
        ("oifname { \"wan0\", \"wan1\" } masquerade random", true),
        ("oif wan0 ip saddr 10.0.0.0/8 masquerade fully-random", true),
        ("oifname != \"lan0\" masquerade", true),
        ("oifname \"wan*\" masquerade", true),
        ("oifname \"lan0\" masquerade", false),
        ("oifname != \"wan0\" masquerade", false),
        ("oifname \"wan0\" meta l4proto { tcp, udp } masquerade to :1024-32767", false),
        ("oifname \"wan0\" meta l4proto { tcp, udp } masquerade to :1024-40000 random", true),
        ("oifname \"wan0\" meta l4proto != { tcp, udp } masquerade", false),
        ("oifname \"wan0\" meta l4proto tcp masquerade", true),
        ("oifname \"wan0\" tcp dport 80 masquerade", true),
        ("oifname \"wan0\" meta l4proto { udp, icmp } masquerade", true),
        ("oifname \"wan0\" ip protocol icmp masquerade", false),
        ("oifname \"wan0\" icmp type echo-request masquerade", false),
        ("oifname \"wan0\" ip saddr 10.0.0.0/8 snat to 203.0.113.7", true),
        ("oifname \"wan0\" udp dport 53 snat to 203.0.113.7:40000-50000", true),
        ("oifname \"wan0\" udp dport 53 snat to 203.0.113.7:2000", false),
        ("oifname \"wan0\" ip saddr 10.0.0.0/8 snat to 203.0.113.9", false),
    ]

    @Test(
        "An nftables rule without a range of its own is found, and mended without losing its meaning",
        arguments: nftablesRules, ["ip", "inet"])
    func nftables(each: (rule: String, takes: Bool), family: String) throws {
        try withRouter { router in
            let rule = family == "inet" ? each.rule.replacingOccurrences(of: "snat to", with: "snat ip to") : each.rule
            try router.nft(
                "add table \(family) nat", "add chain \(family) nat post { type nat hook postrouting priority 100; }",
                "add rule \(family) nat post ip daddr 192.0.2.1 accept", "add rule \(family) nat post \(rule)",
                "add rule \(family) nat post ip daddr 192.0.2.2 accept")
            let findings = try wrong("nftables-nat", router)
            #expect(findings.count == (each.takes ? 1 : 0))
            try mend(findings, router)
            #expect(try wrong("nftables-nat", router).isEmpty)
            let rules = try router.run("nft", "list", "chain", family, "nat", "post").split(separator: "\n").dropFirst(
                3)
            #expect(rules.first?.contains("192.0.2.1") == true && rules.dropLast(2).last?.contains("192.0.2.2") == true)
        }
    }

    @Test("2.13 item 32: SIP is off until it is configured, and a helper of the kernel beside it is told")
    func helper() throws {
        try withRouter { router in
            try router.nft("add table ip lab", #"add ct helper ip lab voice { type "sip" protocol udp; }"#)
            var configuration = Self.configuration()
            #expect(configuration.sip == nil)
            #expect(try wrong("kernel-helper", router, configuration).isEmpty)
            configuration.sip = Configuration.SIP()
            let findings = try wrong("kernel-helper", router, configuration)
            #expect(findings.map(\.subject) == ["ip lab voice"] && findings.map(\.outcome) == [.note])
        }
    }

    @Test("An nftables rule that no command can mend is left to the operator")
    func nftablesMap() throws {
        try withRouter { router in
            try router.nft(
                "add table ip nat", "add chain ip nat post { type nat hook postrouting priority 100; }",
                "add rule ip nat post snat to ip saddr map { 10.0.0.1 : 203.0.113.7 }")
            let finding = try #require(try wrong("nftables-nat", router).first)
            #expect(finding.commands.isEmpty && finding.why?.contains("give it the range 1024-32767 by hand") == true)
        }
    }

    static let iptablesRules: [(rule: String, takes: Bool)] = [
        ("-j MASQUERADE", true),
        ("-o wan0 -m comment --comment \"don't \\$(say) -j \\\"x\\\"\" -j MASQUERADE --random", true),
        ("-o wan+ -j MASQUERADE", true),
        ("! -o lan0 -s 10.0.0.0/8 -j MASQUERADE", true),
        ("-o lan0 -j MASQUERADE", false),
        ("! -o wan0 -j MASQUERADE", false),
        ("-o wan0 -p tcp -j MASQUERADE", true),
        ("-o wan0 -p udp -j MASQUERADE --to-ports 1024-40000", true),
        ("-o wan0 -p udp -j MASQUERADE --to-ports 1024-32767", false),
        ("-o wan0 -p icmp -j MASQUERADE", false),
        ("-o wan0 ! -p icmp -j MASQUERADE", true),
        ("-o wan0 -j SNAT --to-source 203.0.113.7", true),
        ("-o wan0 -p tcp -j SNAT --to-source 203.0.113.7:40000-50000 --random", true),
        ("-o wan0 -j SNAT --to-source 203.0.113.9", false),
    ]

    @Test(
        "An iptables rule without a range of its own is found, and mended without losing its meaning",
        arguments: iptablesRules)
    func iptables(each: (rule: String, takes: Bool)) throws {
        try withRouter { router in
            try router.run("sh", "-c", "iptables -t nat -A POSTROUTING -d 192.0.2.1 -j ACCEPT")
            try router.run("sh", "-c", "iptables -t nat -A POSTROUTING \(each.rule)")
            try router.run("sh", "-c", "iptables -t nat -A POSTROUTING -o wan0 -s 192.0.2.9 -j MASQUERADE")
            let findings = try wrong("iptables-nat", router)
            #expect(findings.count == (each.takes ? 2 : 1))
            try mend(findings, router)
            #expect(try wrong("iptables-nat", router).isEmpty)
            // Both tools list the one kernel's rules; nft is not to report iptables' a second time.
            #expect(try wrong("nftables-nat", router).isEmpty)
        }
    }

    @Test("An XDP program of somebody else is found and taken off")
    func xdp() throws {
        try withRouter { router in
            let object = "\(NSTemporaryDirectory())sp-\(UUID().uuidString).o"
            defer { unlink(object) }
            let source = "__attribute__((section(\\\"xdp\\\"))) int pass(void *c) { return 2; }"
            guard
                try router.start(["sh", "-c", "echo \"\(source)\" | clang -target bpf -O2 -g -x c -c - -o \(object)"])
                    .wait()
                    .status == 0
            else { try Test.cancel("no clang with a BPF target") }
            try router.run("ip", "link", "set", "dev", "wan0", "xdpgeneric", "object", object, "section", "xdp")
            let findings = try wrong("xdp", router)
            #expect(findings.map(\.subject) == ["wan0"])
            try mend(findings, router)
            #expect(try wrong("xdp", router).isEmpty)
        }
    }

    @Test("Sides with different numbers of queues are worth a note, with the command to change it")
    func queues() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let router = try sandbox.namespace("router")
        try router.run("ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan1")
        try router.run(
            "ip", "link", "add", "wan0", "numrxqueues", "4", "numtxqueues", "4", "type", "veth", "peer", "name", "wan1")
        let findings = try wrong("queues", router)
        #expect(findings.map(\.outcome) == [.note] && findings[0].what == "receive queues: lan0 1, wan0 4")
        try mend(findings, router)
        #expect(try wrong("queues", router).isEmpty)
    }

    @Test("Programs get the same findings as JSON")
    func json() throws {
        try withRouter { router in
            let check = try router.inside { try KernelCheck(Self.configuration()) }
            let decoded = try JSONDecoder().decode([String: [Finding]].self, from: Data(check.json().utf8))
            #expect(decoded["findings"] == check.findings)
        }
    }
}

extension Namespace {
    /// Runs nft commands one after the other.
    fileprivate func nft(_ commands: String...) throws {
        for command in commands { try run("nft", command) }
    }
}
