import Testing
import WireFormats

@testable import Control
@testable import Routing

/// The checks on pictures of machines that a test machine cannot be: old kernels, cards with offloads, VLANs.
struct MachineTests {
    private static func interface(
        _ index: UInt32, _ name: String, vlan: Interface.VLAN? = nil, xdp: Interface.XDP? = nil
    )
        -> Interface
    {
        Interface(
            index: index, name: name, address: EthernetAddress(0x0200_0000_0000 + UInt64(index)), mtu: 1500, isUp: true,
            hasCarrier: true, kind: vlan == nil ? nil : "vlan", vlan: vlan, receiveQueues: 1, transmitQueues: 1,
            xdp: xdp)
    }

    private static let single = Channels(receive: 1, transmit: 1, areCombined: true)

    /// A machine with nothing to mend.
    private static let machine = Machine(
        release: "6.1.0-18-amd64", interfaces: [interface(2, "lan0"), interface(3, "wan0")],
        addresses: [LocalAddress(interface: 3, octets: [203, 0, 113, 7], prefixLength: 24)],
        features: ["lan0": [], "wan0": []],
        channels: ["lan0": single, "wan0": single],
        parameters: [
            "net/ipv4/ip_forward": "1", "net/ipv4/ip_local_reserved_ports": "32768-65535",
            "net/ipv4/ip_local_port_range": "1024\t32767", "net/ipv4/conf/lan0/forwarding": "1",
            "net/ipv4/conf/wan0/forwarding": "1", "net/ipv4/conf/wan0.5/forwarding": "1",
        ], nftables: (.absent, .absent), iptables: .absent, locksMemoryFreely: true, running: nil)

    private func wrong(_ change: (inout Machine, inout Configuration) -> Void) -> [Finding] {
        var machine = Self.machine
        var configuration = KernelCheckTests.configuration()
        change(&machine, &configuration)
        return KernelCheck(configuration, on: machine).findings.filter { $0.outcome != .ok }
    }

    @Test("Nothing is wrong where nothing is wrong")
    func right() {
        #expect(wrong { _, _ in } == [])
    }

    @Test(
        "Kernels before 6.1 are too old",
        arguments: [("6.1.0-18-amd64", false), ("6.18.44", false), ("7.0", false), ("6.0.9", true), ("5.15.0-1", true)])
    func version(release: String, isOld: Bool) {
        let findings = wrong { machine, _ in machine.release = release }
        #expect(findings.map(\.name) == (isOld ? ["kernel-version"] : []))
    }

    @Test("A limit on locked memory is found")
    func lockedMemory() {
        #expect(wrong { machine, _ in machine.locksMemoryFreely = false }.map(\.name) == ["locked-memory"])
    }

    @Test("Offloads that merge packets are turned off where the driver lets them")
    func receiveOffloads() {
        let findings = wrong { machine, _ in
            machine.features["wan0"] = [
                Feature(name: "rx-lro", isActive: true, isChangeable: true),
                Feature(name: "rx-gro-hw", isActive: true, isChangeable: false),
                Feature(name: "rx-gro", isActive: true, isChangeable: true),
            ]
        }
        #expect(findings.map(\.name) == ["receive-offloads"] && findings[0].subject == "wan0")
        #expect(findings[0].commands == ["ethtool -K wan0 rx-lro off"])
        #expect(findings[0].why?.contains("cannot turn off rx-gro-hw") == true)
    }

    @Test("VLAN offload is found on the card below a VLAN device, configured or not", arguments: [true, false])
    func vlanOffload(isConfigured: Bool) {
        func findings(_ isActive: Bool) -> [Finding] {
            wrong { machine, configuration in
                let vlan = Interface.VLAN(id: 5, protocolType: 0x8100, lower: 3)
                machine.interfaces.append(Self.interface(4, "wan0.5", vlan: vlan))
                machine.features["wan0"] = [Feature(name: "rx-vlan-hw-parse", isActive: isActive, isChangeable: true)]
                guard isConfigured else { return }
                configuration.interfaces[1].name = "wan0.5"
                machine.addresses = [LocalAddress(interface: 4, octets: [203, 0, 113, 7], prefixLength: 24)]
            }
        }
        #expect(findings(true).map(\.name) == ["vlan-offload"] && findings(true)[0].subject == "wan0")
        #expect(findings(true)[0].commands == ["ethtool -K wan0 rx-vlan-hw-parse off"])
        #expect(findings(false) == [])
    }

    @Test("Without VLANs their offload is nobody's business")
    func noVLAN() {
        let findings = wrong { machine, _ in
            machine.features["wan0"] = [Feature(name: "rx-vlan-hw-parse", isActive: true, isChangeable: true)]
        }
        #expect(findings == [])
    }

    @Test("The running gateway's own XDP program is no stranger's")
    func ownProgram() {
        func findings(_ running: GatewayState?) -> [Finding] {
            wrong { machine, _ in
                machine.interfaces[1] = Self.interface(3, "wan0", xdp: .init(program: 9, mode: .native))
                machine.running = running
            }
        }
        #expect(findings(nil).map(\.commands) == [["ip link set dev wan0 xdpdrv off"]])
        var state = StateDirectoryTests.state
        state.interfaces[0].name = "wan0"
        #expect(findings(state) == [])
    }

    @Test("Queues are set as the driver counts them", arguments: [(true, "combined 1"), (false, "rx 1 tx 1")])
    func queues(areCombined: Bool, setting: String) {
        let findings = wrong { machine, _ in
            machine.channels["wan0"] = Channels(receive: 4, transmit: 4, areCombined: areCombined)
        }
        #expect(findings.map(\.commands) == [["ethtool -L wan0 \(setting)"]])
    }

    private static let key = ToeplitzKey(Array(repeating: 1, count: 40))!
    private static let four = Channels(receive: 4, transmit: 4, areCombined: true)

    /// A machine whose cards have four queues each, and tell all of them.
    private func wrongOfFour(_ change: (inout Machine, inout Configuration) -> Void) -> [Finding] {
        wrong { machine, configuration in
            let scaling = CardScaling(key: Self.key, indirection: [0, 1, 2, 3], hashesPorts: true)
            for card in ["lan0", "wan0"] {
                machine.channels[card] = Self.four
                machine.scaling[card] = .told(scaling)
            }
            change(&machine, &configuration)
        }
    }

    @Test("More workers than queues cannot be, and more than processors are worth a note")
    func workers() {
        #expect(wrongOfFour { machine, _ in machine.processors = 4 } == [])
        let few = wrongOfFour { machine, _ in machine.processors = 2 }
        #expect(few.map(\.what) == ["4 workers, 2 processors"] && few[0].outcome == .note)
        let many = wrongOfFour { _, configuration in configuration.gateway.workers = 8 }
        #expect(many.map(\.outcome) == [.mend])
        #expect(many[0].commands == ["ethtool -L lan0 combined 8", "ethtool -L wan0 combined 8"])
        #expect(many[0].tuning == "QUEUES=8 queues lan0 wan0")
    }

    @Test("Receive-side scaling that is not told, or leaves ports out, is worth a note")
    func scaling() {
        let untold = wrongOfFour { machine, _ in machine.scaling["wan0"] = .untold(because: "it is shy") }
        #expect(untold.map(\.what) == ["it is shy"] && untold[0].outcome == .note && untold[0].subject == "wan0")
        let addresses = wrongOfFour { machine, _ in
            machine.scaling["lan0"] = .told(CardScaling(key: Self.key, indirection: [0, 1], hashesPorts: false))
        }
        #expect(addresses.map(\.tuning) == ["rss lan0"])
        #expect(addresses.flatMap(\.commands) == ["ethtool -N lan0 rx-flow-hash tcp4 sdfn"])
    }

    @Test("Queues of the services' own need rules, and a table that leaves them out")
    func algQueues() {
        func findings(_ queues: [Int], _ rules: Feature?, _ table: [UInt32] = [0, 1, 2, 3]) -> [Finding] {
            wrongOfFour { machine, configuration in
                configuration.interfaces[0].algQueues = queues
                machine.features["lan0"] = rules.map { [$0] } ?? []
                machine.scaling["lan0"] = .told(CardScaling(key: Self.key, indirection: table, hashesPorts: true))
            }
        }
        func rules(isActive: Bool, isChangeable: Bool = true) -> Feature {
            Feature(name: "rx-ntuple-filter", isActive: isActive, isChangeable: isChangeable)
        }
        for none in [nil, rules(isActive: false, isChangeable: false)] {
            #expect(findings([3], none).map(\.what) == ["its driver has no rules for queues"])
        }
        let crowded = wrongOfFour { machine, configuration in
            for index in configuration.interfaces.indices { configuration.interfaces[index].algQueues = [3] }
            machine.processors = 2
        }
        #expect(crowded.first { $0.name == "processors" }?.what == "4 workers, 2 processors")
        let off = findings([3], rules(isActive: false))
        #expect(off.map(\.outcome) == [.mend] && off[0].commands == ["ethtool -K lan0 ntuple on"])
        #expect(findings([3], rules(isActive: true), [0, 1, 2, 0]) == [])
        let last = findings([2, 3], rules(isActive: true))
        #expect(last.map(\.commands) == [["ethtool -X lan0 equal 2"]] && last[0].tuning == "QUEUES=2 rss lan0")
        let between = findings([1], rules(isActive: true))
        #expect(between.map(\.commands) == [[]] && between[0].why?.contains("name the last queues") == true)
    }

    @Test("Busy polling wants interrupts held back")
    func busyPolling() {
        func findings(_ count: Int, _ microseconds: Int?) -> [String?] {
            wrong { machine, configuration in
                machine.deferredInterrupts = ["wan0": count]
                configuration.gateway.busyPollMicroseconds = microseconds
            }.map(\.tuning)
        }
        #expect(findings(0, nil) == [] && findings(2, 20) == [] && findings(0, 20) == ["busy-polling wan0"])
    }

    @Test("Packet buffers want huge pages, beside those of others")
    func hugePages() {
        func findings(_ total: Int, free: Int) -> [Finding] {
            wrong { machine, _ in machine.hugePages = .init(total: total, free: free) }
        }
        // One worker: two sockets with three rings of 2048 each, and 1024 to hold, of 2048 bytes: 26 MiB.
        #expect(findings(13, free: 13) == [])
        #expect(findings(13, free: 12).map(\.commands) == [["sysctl -w vm.nr_hugepages=14"]])
        #expect(findings(0, free: 0).map(\.tuning) == ["PAGES=13 huge-pages"])
    }

    @Test("A public address on no outside interface is found")
    func publicAddress() {
        let nowhere = wrong { machine, _ in machine.addresses = [] }
        #expect(nowhere.map(\.name) == ["public-address"] && nowhere[0].what == "no interface has it")
        let inside = wrong { machine, _ in
            machine.addresses = [LocalAddress(interface: 2, octets: [203, 0, 113, 7], prefixLength: 24)]
        }
        #expect(inside.map(\.what) == ["it is on lan0, which is not outside"])
    }

    @Test("Rules that cannot be read are worth a note")
    func unreadable() {
        let findings = wrong { machine, _ in
            machine.nftables = (.unreadable("nft failed"), .unreadable("nft failed"))
            machine.iptables = .unreadable("iptables-save failed")
        }
        #expect(findings.map(\.name) == ["nftables-nat", "iptables-nat"])
        #expect(findings.allSatisfy { $0.outcome == .note })
    }

    @Test(
        "The range that a block leaves is the larger side, if it is large enough",
        arguments: [
            (32768...65535, 1024...32767), (1024...32767, 32768...65535), (40000...40015, 1024...39999),
            (2047...65535, nil), (2048...65535, 1024...2047), (1024...65535, nil),
        ] as [(ClosedRange<UInt16>, ClosedRange<UInt16>?)])
    func complement(block: ClosedRange<UInt16>, expected: ClosedRange<UInt16>?) {
        #expect(block.complement == expected)
    }
}
