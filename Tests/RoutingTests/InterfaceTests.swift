import CXDP
import InNamespace
import Lab
import Testing
import WireFormats

@testable import Routing

@Suite(.enabled(if: Namespace.isPossible, "needs root and ip, to make namespaces"), .serialized)
struct InterfaceTests {
    @Test("Interfaces are listed with what ip says of them")
    func list() throws {
        try Router.with { router in
            try router.namespace.run("ip", "link", "set", "wan0", "mtu", "1492", "address", "02:00:00:00:00:01")
            try router.namespace.inside {
                let kernel = try Kernel()
                let wan = try kernel.interface("wan0")
                #expect(wan.mtu == 1492 && wan.isUp && wan.hasCarrier && wan.kind == "veth")
                #expect(wan.address == EthernetAddress(0x0200_0000_0001))
                #expect(wan.vlan == nil && wan.xdp == nil)
                let loopback = try kernel.interface("lo")
                #expect(loopback.index == 1 && loopback.kind == nil)
            }
            try router.namespace.run("ip", "link", "set", "wan0", "down")
            try router.namespace.inside {
                let wan = try Kernel().interface("wan0")
                #expect(!wan.isUp && !wan.hasCarrier)
            }
        }
    }

    @Test("A VLAN device names its VLAN, its tag's type and the interface below it")
    func vlan() throws {
        try Router.with { router in
            let device = ["ip", "link", "add", "link", "wan0", "name", "wan0.5", "type", "vlan", "protocol", "802.1ad"]
            guard try router.namespace.start(device + ["id", "5"]).wait().status == 0 else {
                try Test.cancel("this kernel has no VLAN devices")
            }
            try router.namespace.inside {
                let kernel = try Kernel()
                let below = try kernel.interface("wan0").index
                #expect(try kernel.interface("wan0.5").vlan == .init(id: 5, protocolType: 0x88a8, lower: below))
            }
        }
    }

    @Test("A VLAN device is read from the kernel's message as rtnetlink lays it out")
    func vlanMessage() throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
        defer { buffer.deallocate() }
        var body = ifinfomsg()
        body.ifi_index = 9
        let request = Request(in: buffer.baseAddress!, type: RTM_NEWLINK, flags: 0, body: body)
        mnl_attr_put_strz(request.header, UInt16(IFLA_IFNAME), "wan0.5")
        request.put(IFLA_LINK, 3)
        let information = mnl_attr_nest_start(request.header, UInt16(IFLA_LINKINFO))
        mnl_attr_put_strz(request.header, UInt16(IFLA_INFO_KIND), "vlan")
        let data = mnl_attr_nest_start(request.header, UInt16(IFLA_INFO_DATA))
        mnl_attr_put_u16(request.header, UInt16(IFLA_VLAN_PROTOCOL), UInt16(0x8100).bigEndian)
        mnl_attr_put_u16(request.header, UInt16(IFLA_VLAN_ID), 5)
        mnl_attr_nest_end(request.header, data)
        mnl_attr_nest_end(request.header, information)
        let interface = try #require(Interface(Message(header: UnsafePointer(request.header))))
        #expect(interface.index == 9 && interface.name == "wan0.5" && interface.kind == "vlan")
        #expect(interface.vlan == .init(id: 5, protocolType: 0x8100, lower: 3))
    }

    @Test("Addresses of both families are listed with their interface and prefix")
    func addresses() throws {
        try Router.with { router in
            try router.namespace.run("ip", "address", "add", "2001:db8::1/64", "dev", "wan0", "nodad")
            try router.namespace.run("ip", "address", "add", "10.9.0.1", "peer", "10.9.0.2", "dev", "wan0")
            try router.namespace.inside {
                let kernel = try Kernel()
                let wan = try kernel.interface("wan0").index
                let all = try kernel.addresses().filter { $0.interface == wan }
                #expect(all.contains { $0.ipv4 == IPv4Address(198, 51, 100, 1) && $0.prefixLength == 24 })
                #expect(all.contains { $0.ipv4 == IPv4Address(10, 9, 0, 1) })
                #expect(!all.contains { $0.ipv4 == IPv4Address(10, 9, 0, 2) })
                let six: [UInt8] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
                #expect(all.contains { $0.octets == six && $0.prefixLength == 64 && $0.ipv4 == nil })
            }
        }
    }

    @Test("A table larger than one message is read whole")
    func largeTable() throws {
        try Router.with { router in
            let script = (1...1000).map { "address add 10.1.\($0 / 250).\($0 % 250 + 1)/32 dev lo" }
            try router.namespace.run("sh", "-c", "ip -batch - <<'END'\n\(script.joined(separator: "\n"))\nEND")
            try router.namespace.inside {
                let loopback = try Kernel().addresses().filter { $0.interface == 1 && $0.prefixLength == 32 }
                #expect(Set(loopback).count == 1000)
            }
        }
    }

    @Test("Channels are the queues in use, not those that were allocated")
    func channels() throws {
        try Router.with(queues: 4) { router in
            try router.namespace.run("ethtool", "-L", "wan0", "rx", "2", "tx", "3")
            try router.namespace.inside {
                let kernel = try Kernel()
                #expect(try kernel.channels(of: "wan0") == Channels(receive: 2, transmit: 3, areCombined: false))
                #expect(try kernel.interface("wan0").receiveQueues == 4)
                #expect(try kernel.channels(of: "lo") == Channels(receive: 1, transmit: 1, areCombined: false))
            }
        }
    }

    @Test("Features follow ethtool -K")
    func features() throws {
        try Router.with { router in
            func feature(_ name: String) throws -> Feature {
                try router.namespace.inside {
                    try #require(try Kernel().features(of: "wan0").first { $0.name == name })
                }
            }
            try router.namespace.run("ethtool", "-K", "wan0", "rxvlan", "off", "gro", "on")
            #expect(
                try feature("rx-vlan-hw-parse")
                    == Feature(name: "rx-vlan-hw-parse", isActive: false, isChangeable: true))
            #expect(try feature("rx-gro").isActive)
            try router.namespace.run("ethtool", "-K", "wan0", "rxvlan", "on", "gro", "off")
            #expect(try feature("rx-vlan-hw-parse").isActive)
            #expect(try !feature("rx-gro").isActive)
            #expect(try feature("rx-lro") == Feature(name: "rx-lro", isActive: false, isChangeable: false))
        }
    }

    @Test("An interface that does not exist is reported by its name")
    func missing() throws {
        let kernel = try Kernel()
        for name in ["sp-none", "a-name-that-is-too-long"] {
            let error = #expect(throws: RoutingError.self) { try kernel.channels(of: name) }
            #expect(error?.description.contains(name) == true)
            #expect(error?.advice.contains("ip link") == true)
        }
    }
}
