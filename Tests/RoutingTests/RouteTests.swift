import InNamespace
import Lab
import Routing
import Testing
import WireFormats

@Suite(.enabled(if: Namespace.isPossible, "needs root and ip, to make namespaces"), .serialized)
struct RouteTests {
    @Test("A route says which way a packet leaves, or why it does not")
    func kinds() throws {
        try Router.with { router in
            try router.namespace.run("ip", "route", "add", "default", "via", "198.51.100.2", "mtu", "1400")
            try router.namespace.run("ip", "route", "add", "unreachable", "192.0.2.0/26")
            try router.namespace.run("ip", "route", "add", "blackhole", "192.0.2.64/26")
            try router.namespace.run("ip", "route", "add", "prohibit", "192.0.2.128/26")
            try router.namespace.inside {
                let kernel = try Kernel()
                let wan = try kernel.interface("wan0").index
                let source = IPv4Address(198, 51, 100, 1)
                let gateway = IPv4Address(198, 51, 100, 2)
                #expect(
                    try kernel.route(to: gateway)
                        == .hop(Hop(interface: wan, gateway: nil, mtu: nil, preferredSource: source)))
                #expect(
                    try kernel.route(to: IPv4Address(203, 0, 113, 9))
                        == .hop(Hop(interface: wan, gateway: gateway, mtu: 1400, preferredSource: source)))
                #expect(try kernel.route(to: source) == .local)
                #expect(try kernel.route(to: IPv4Address(198, 51, 100, 255)) == .broadcast)
                #expect(try kernel.route(to: IPv4Address(224, 0, 0, 251)) == .broadcast)
                #expect(try kernel.route(to: IPv4Address(192, 0, 2, 1)) == .unreachable)
                #expect(try kernel.route(to: IPv4Address(192, 0, 2, 65)) == .blackhole)
                #expect(try kernel.route(to: IPv4Address(192, 0, 2, 129)) == .prohibited)
            }
        }
    }

    @Test("Without any route a destination is unreachable")
    func noRoute() throws {
        try Router.with { router in
            try router.namespace.inside {
                let kernel = try Kernel()
                #expect(try kernel.route(to: IPv4Address(203, 0, 113, 9)) == .unreachable)
            }
        }
    }

    @Test("A neighbour on the link needs its own entry, one behind a gateway the gateway's")
    func neighbourOfHop() {
        let destination = IPv4Address(203, 0, 113, 9)
        let gateway = IPv4Address(198, 51, 100, 2)
        let direct = Hop(interface: 1, gateway: nil, mtu: nil, preferredSource: nil)
        let indirect = Hop(interface: 1, gateway: gateway, mtu: nil, preferredSource: nil)
        #expect(direct.neighbour(of: destination) == destination)
        #expect(indirect.neighbour(of: destination) == gateway)
    }

    @Test("A forwarded packet follows the policy rules for its source and its interface")
    func policyRules() throws {
        try Router.with { router in
            let namespace = router.namespace
            try namespace.set("ipv4/ip_forward", to: "1")
            try namespace.run("ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan1")
            try namespace.run("ip", "address", "add", "10.0.0.1/24", "dev", "lan0")
            try namespace.run("ip", "link", "set", "lan1", "up")
            try namespace.run("ip", "link", "set", "lan0", "up")
            try namespace.run("ip", "route", "add", "default", "via", "198.51.100.2")
            try namespace.run("ip", "route", "add", "default", "via", "198.51.100.3", "table", "7")
            try namespace.run("ip", "rule", "add", "from", "10.0.0.64/26", "iif", "lan0", "lookup", "7")
            try namespace.inside {
                let kernel = try Kernel()
                let lan = try kernel.interface("lan0").index
                let wan = try kernel.interface("wan0").index
                let server = IPv4Address(203, 0, 113, 9)
                let common = try kernel.route(to: server, from: IPv4Address(10, 0, 0, 5), arrivingOn: lan)
                let special = try kernel.route(to: server, from: IPv4Address(10, 0, 0, 70), arrivingOn: lan)
                let gateways: [IPv4Address?] = [common, special].map { route in
                    if case .hop(let hop) = route, hop.interface == wan { hop.gateway } else { nil }
                }
                #expect(gateways == [IPv4Address(198, 51, 100, 2), IPv4Address(198, 51, 100, 3)])
            }
        }
    }

    @Test("A gateway of another family is refused in words")
    func foreignGateway() throws {
        try Router.with { router in
            try router.namespace.run("ip", "route", "add", "203.0.113.0/24", "via", "inet6", "fe80::1", "dev", "wan0")
            try router.namespace.inside {
                let error = #expect(throws: RoutingError.self) {
                    try Kernel().route(to: IPv4Address(203, 0, 113, 9))
                }
                #expect(error?.description.contains("203.0.113.9") == true)
                #expect(error?.advice.contains("give the route an IPv4 gateway") == true)
            }
        }
    }

    @Test("A question after a refused one gets its own answer")
    func refusalLeavesTheSocketClean() throws {
        try Router.with { router in
            try router.namespace.inside {
                let kernel = try Kernel()
                #expect(throws: RoutingError.self) {
                    try kernel.probe(interface: 4_000_000, address: IPv4Address(198, 51, 100, 2))
                }
                #expect(try kernel.route(to: IPv4Address(198, 51, 100, 1)) == .local)
                #expect(try kernel.interfaces().map(\.name).sorted() == ["lo", "wan0"])
            }
        }
    }
}

extension Kernel {
    /// The interface of that name, which the test has made.
    func interface(_ name: String) throws -> Interface {
        try #require(try interfaces().first { $0.name == name })
    }
}
