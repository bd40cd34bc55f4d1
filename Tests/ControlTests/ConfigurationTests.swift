import Foundation
import Testing
import WireFormats

@testable import Control

struct ConfigurationTests {
    /// The design's example without what this version does not serve.
    static let example = """
        gateway:
          state-directory: /run/sallyport      # default
          workers: auto                        # one per queue pair, or a number
          when-down: drop                      # drop | pass
        interfaces:
          lan0: inside
          wan0: outside
        nat:
          addresses: [203.0.113.7]
          ports: 32768-65535
        ftp:
          ports: [21]
        """

    static let least = """
        interfaces: {lan0: inside, wan0: outside}
        nat: {addresses: [203.0.113.7], ports: 32768-65535}
        ftp: {}
        """

    @Test("The design's example is read, and says what the defaults say")
    func example() throws {
        let configuration = try Configuration(yaml: Self.example, file: "sallyport.yaml")
        let expected = Configuration(
            gateway: .init(), interfaces: [.init(name: "lan0", side: .inside), .init(name: "wan0", side: .outside)],
            nat: .init(addresses: [IPv4Address(203, 0, 113, 7)], ports: 32768...65535), ftp: .init())
        #expect(configuration == expected)
        #expect(try Configuration(yaml: Self.least, file: "sallyport.yaml") == expected)
        #expect(configuration.gateway.stateDirectory == "/run/sallyport")
        #expect(configuration.gateway.flows == 65536 && configuration.gateway.conversations == 16384)
        #expect(configuration.ftp.ports == [21] && configuration.ftp.keepAliveSeconds == 45)
        #expect(configuration.ftp.idleSeconds == 7440 && configuration.ftp.transitorySeconds == 240)
        #expect(configuration.ftp.pinholeSeconds == 60)
    }

    @Test("Every key is read")
    func everyKey() throws {
        let configuration = try Configuration(
            yaml: """
                gateway:
                  state-directory: /srv/gate/
                  workers: 2
                  busy-poll: 20
                  when-down: pass
                  flows: 1024
                  conversations: 1
                interfaces:
                  lan0: {side: inside, zero-copy: on, alg-queues: [7, 0]}
                  lan1: {side: inside, zero-copy: auto}
                  wan0.5: outside
                nat:
                  addresses: ["203.0.113.7", 203.0.113.8]
                  ports: 1024-1055
                ftp:
                  ports: [21, 2121]
                  keepalive-seconds: 1
                  idle-seconds: 8
                  transitory-seconds: 3
                  pinhole-seconds: 2
                """, file: "sallyport.yaml")
        #expect(configuration.gateway.stateDirectory == "/srv/gate" && configuration.gateway.whenDown == .pass)
        #expect(configuration.gateway.workers == 2 && configuration.gateway.busyPollMicroseconds == 20)
        #expect(configuration.gateway.flows == 1024 && configuration.gateway.conversations == 1)
        #expect(
            configuration.interfaces == [
                .init(name: "lan0", side: .inside, zeroCopy: .on, algQueues: [7, 0]),
                .init(name: "lan1", side: .inside),
                .init(name: "wan0.5", side: .outside),
            ])
        #expect(configuration.nat.addresses == [IPv4Address(203, 0, 113, 7), IPv4Address(203, 0, 113, 8)])
        #expect(configuration.nat.ports == 1024...1055 && configuration.gateway.workers == 2)
        #expect(configuration.ftp.ports == [21, 2121] && configuration.ftp.keepAliveSeconds == 1)
        #expect(configuration.ftp.idleSeconds == 8 && configuration.ftp.transitorySeconds == 3)
        #expect(configuration.ftp.pinholeSeconds == 2)
    }

    /// A line of the example replaced, and what that has to bring: where, and words of the message.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let line: String
        let replacement: String
        let place: String
        let words: [String]
        var testDescription: String { replacement }

        init(_ line: String, _ replacement: String, _ place: String, _ words: String...) {
            (self.line, self.replacement, self.place, self.words) = (line, replacement, place, words)
        }
    }

    static let refusals = [
        // Keys.
        Refusal("ftp:", "fpt:\n  ports: [21]\nftp:", "11:1", "unknown key 'fpt'", "did you mean 'ftp'?"),
        Refusal("gateway:", "gatway: {}\ngateway:", "1:1", "unknown key 'gatway'", "did you mean 'gateway'?"),
        Refusal(
            "  workers: auto", "  wrokers: 1", "3:3", "unknown key 'wrokers' in gateway", "did you mean 'workers'?"),
        Refusal("  workers: auto", "  colour: red", "3:3", "the keys here are state-directory, workers, busy-poll"),
        Refusal("  ports: [21]", "  keepalive-second: 3", "12:3", "did you mean 'keepalive-seconds'?"),
        Refusal("  ports: [21]", "  ports: [21]\n  ports: [22]", "12:3", "'ports' is given twice"),
        Refusal("  lan0: inside", "  lan0: inside\n  lan0: outside", "6:3", "'lan0' is given twice"),
        Refusal("ftp:", "sip:\n  ports: [0]\nftp:", "12:11", "'0' is no port"),
        Refusal("ftp:", "sip:\n  ports: [40000]\nftp:", "10:10", "contains port 40000 of sip.ports"),
        Refusal("ftp:", "sip:\n  ports: [21]\nftp:", "12:10", "port 21 is one of ftp.ports"),
        Refusal("ftp:", "sip:\n  transports: []\nftp:", "12:15", "sip.transports has to be a list"),
        Refusal("ftp:", "sip:\n  transports: [sctp]\nftp:", "12:16", "'sctp' is not known here"),
        Refusal("ftp:", "sip:\n  ice: melt\nftp:", "12:8", "write rewrite or strip or leave"),
        Refusal("ftp:", "sip:\n  media-dscp: 64\nftp:", "12:15", "write a number from 0 to 63"),
        Refusal("ftp:", "sip:\n  media-kbit: 7\nftp:", "12:15", "write a number from 8 to 1000000"),
        Refusal("ftp:", "sip:\n  latching: on\nftp:", "12:13", "write off or auto or always"),
        Refusal("ftp:", "sip:\n  local-media: comb\nftp:", "12:16", "write direct or hairpin"),
        Refusal("ftp:", "sip:\n  signed-bodies: eat\nftp:", "12:18", "write pass or refuse"),
        Refusal("ftp:", "sip:\n  binding-seconds: 119\nftp:", "12:20", "a number from 120 to 86400"),
        Refusal("ftp:", "sip:\n  tcp-idle-seconds: 31\nftp:", "12:21", "write a number from 32 to 604800"),
        Refusal("ftp:", "sip:\n  tcp-idle-seconds: 95\nftp:", "12:21", "above sip.tcp-keepalive-seconds (95)"),
        Refusal("ftp:", "sip:\n  tcp-keepalive-seconds: 900\nftp:", "12:26", "sip.tcp-idle-seconds (900)"),
        Refusal("ftp:", "sip:\n  hold-seconds: 300\nftp:", "12:17", "has to be above sip.media-seconds (300)"),
        Refusal("ftp:", "publish: []\nftp:", "11:1", "published servers are not available in this version"),
        Refusal("ftp:", "spi: {}\nftp:", "11:1", "did you mean 'sip'?"),
        // gateway
        Refusal("  workers: auto", "  workers: 0", "3:12", "'0' is not known here", "auto or a number from 1 to 256"),
        Refusal("  workers: auto", "  workers: two", "3:12", "'two' is not known here", "auto or a number"),
        Refusal("  workers: auto", "  workers: [1]", "3:12", "gateway.workers has to be a single value"),
        Refusal("  when-down: drop", "  when-down: bounce", "4:14", "'bounce' is not known here", "drop or pass"),
        Refusal("  state-directory: /run/sallyport", "  state-directory: run", "2:20", "'run' is no absolute path"),
        Refusal("  workers: auto", "  busy-poll: on", "3:14", "write off or a number of microseconds up to 10000"),
        Refusal("  workers: auto", "  busy-poll: 0", "3:14", "gateway.busy-poll: '0'"),
        Refusal("  workers: auto", "  flows: 0", "3:10", "write a number from 1 to 4194304"),
        Refusal("  workers: auto", "  flows: 0x10", "3:10", "'0x10'", "write a number from 1 to 4194304"),
        Refusal("  workers: auto", "  conversations: 1048577", "3:18", "write a number from 1 to 1048576"),
        // interfaces
        Refusal("  lan0: inside", "  lan0: insider", "6:9", "interfaces.lan0", "inside or outside"),
        Refusal("  lan0: inside", "  lan0: outside", "6:3", "interfaces: none is inside"),
        Refusal("  wan0: outside", "  wan0: inside", "6:3", "interfaces: none is outside"),
        Refusal("  lan0: inside", "  a234567890123456: inside", "6:3", "cannot be an interface's name"),
        Refusal("  lan0: inside", "  la/n0: inside", "6:3", "'la/n0' cannot be an interface's name"),
        Refusal("  lan0: inside", "  lan0: {side: inside, zero-copy: maybe}", "6:35", "auto or on or off"),
        Refusal("  lan0: inside", "  lan0: {side: inside, alg-queues: 7}", "6:36", "a list with one value or more"),
        Refusal("  lan0: inside", "  lan0: {side: inside, alg-queues: [1024]}", "6:37", "a number from 0 to 1023"),
        Refusal("  lan0: inside", "  lan0: {side: inside, alg-queues: [1, 1]}", "6:40", "1 is listed twice"),
        Refusal(
            "  lan0: inside", "  lan0: {side: inside, alg-queues: [1, 2]}", "6:36", "2 queues are more than the 1",
            "list fewer"),
        Refusal(
            "  lan0: inside", "  lan0: {side: inside, zero-copy: on}\n  lan1: {side: inside, zero-copy: off}", "7:35",
            "off here and on for lan0"),
        Refusal("  lan0: inside", "  lan0: {zero-copy: on}", "6:9", "interfaces.lan0.side is missing"),
        Refusal("  lan0: inside", "  lan0: {side: inside, zerocopy: on}", "6:24", "did you mean 'zero-copy'?"),
        Refusal("  lan0: inside", "  lan0:", "6:8", "interfaces.lan0 has to be a single value"),
        // nat
        Refusal("  addresses: [203.0.113.7]", "  addresses: []", "9:14", "a list with one value or more"),
        Refusal("  addresses: [203.0.113.7]", "  addresses: 203.0.113.7", "9:14", "in brackets: [...]"),
        Refusal("  addresses: [203.0.113.7]", "", "10:3", "nat.addresses is missing"),
        Refusal("  addresses: [203.0.113.7]", "  addresses: [203.0.113.7, 203.0.113.7]", "9:28", "listed twice"),
        Refusal("  addresses: [203.0.113.7]", "  addresses: [203.0.113.256]", "9:15", "is no IPv4 address"),
        Refusal("  addresses: [203.0.113.7]", "  addresses: [0.0.0.0]", "9:15", "0.0.0.0 cannot be a public address"),
        Refusal("  addresses: [203.0.113.7]", "  addresses: [127.0.0.1]", "9:15", "127.0.0.1 cannot be a public"),
        Refusal("  addresses: [203.0.113.7]", "  addresses: [224.0.0.1]", "9:15", "224.0.0.1 cannot be a public"),
        Refusal("  addresses: [203.0.113.7]", "  addresses: [255.255.255.255]", "9:15", "cannot be a public"),
        Refusal("  ports: 32768-65535", "", "9:3", "nat.ports is missing"),
        Refusal("  ports: 32768-65535", "  ports: 32768", "10:10", "no block of ports", "such as 32768-65535"),
        Refusal("  ports: 32768-65535", "  ports: 32768-65536", "10:10", "no block of ports"),
        Refusal("  ports: 32768-65535", "  ports: 65535-32768", "10:10", "wrong way round", "write 32768-65535"),
        Refusal("  ports: 32768-65535", "  ports: 1023-65535", "10:10", "begin at 1024 or above"),
        Refusal("  ports: 32768-65535", "  ports: 32768-32782", "10:10", "fewer than 16 ports"),
        // ftp
        Refusal("  ports: [21]", "  ports: [40000]", "10:10", "the block contains port 40000 of ftp.ports"),
        Refusal("  ports: [21]", "  ports: [21, 21]", "12:15", "ftp.ports: 21 is listed twice"),
        Refusal("  ports: [21]", "  ports: [0]", "12:11", "'0' is no port", "from 1 to 65535"),
        Refusal("  ports: [21]", "  ports: [ftp]", "12:11", "'ftp' is no port"),
        Refusal("  ports: [21]", "  keepalive-seconds: 0", "12:22", "write a number from 1 to 7200"),
        Refusal("  ports: [21]", "  keepalive-seconds: 7201", "12:22", "write a number from 1 to 7200"),
        Refusal("  ports: [21]", "  idle-seconds: 45", "12:17", "has to be above ftp.keepalive-seconds (45)"),
        Refusal("  ports: [21]", "  transitory-seconds: 9999", "12:23", "write a number from 1 to 3600"),
        Refusal("  ports: [21]", "  pinhole-seconds: -1", "12:20", "'-1'", "write a number from 1 to 3600"),
        // The file.
        Refusal("  ports: [21]", "  ports: [21", "13:1", "this is no YAML"),
        Refusal("  ports: [21]", "  ports: [21]\n---\nftp: {}", "13:1", "one YAML document"),
        Refusal("  ports: [21]", "\tports: [21]", "12:1", "this is no YAML"),
    ]

    @Test("A mistake is refused where it stands, in words that help", arguments: refusals)
    func refusal(_ refusal: Refusal) throws {
        let lines = Self.example.split(separator: "\n", omittingEmptySubsequences: false)
        let index = try #require(lines.lastIndex { $0.hasPrefix(refusal.line) })
        var changed = lines.map(String.init)
        if refusal.replacement.isEmpty { changed[index] = "" } else { changed[index] = refusal.replacement }
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration(yaml: changed.joined(separator: "\n") + "\n", file: "gate.yaml")
        }
        let problems = try #require(error?.problems)
        #expect(problems.count == 1, "\(problems)")
        let text = problems[0].description
        #expect(text.hasPrefix("gate.yaml:\(refusal.place): "), "\(text)")
        for words in refusal.words { #expect(text.contains(words), "\(text)") }
    }

    @Test("A block of ports that is too small for the workers is refused, with how many they need")
    func workersWithoutPorts() {
        let yaml = Self.least.replacing("32768-65535", with: "32768-32830") + "\ngateway: {workers: 4}"
        let error = #expect(throws: ConfigurationError.self) { try Configuration(yaml: yaml, file: "gate.yaml") }
        #expect(error?.description == "gate.yaml:2:40: nat.ports: 4 workers need 64 ports, 16 each; widen the block")
    }

    @Test("Sections that this version cannot do without are asked for", arguments: ["interfaces", "nat"])
    func missing(section: String) {
        let yaml = Self.least.split(separator: "\n").filter { !$0.hasPrefix(section) }.joined(separator: "\n")
        let error = #expect(throws: ConfigurationError.self) { try Configuration(yaml: yaml, file: "gate.yaml") }
        #expect(error?.problems.count == 1)
        #expect(error?.description.hasPrefix("gate.yaml:1:1: \(section) is missing; add it") == true)
    }

    @Test("One service is enough, and none is too few")
    func services() throws {
        let none = Self.least.split(separator: "\n").filter { !$0.hasPrefix("ftp") }.joined(separator: "\n")
        let error = #expect(throws: ConfigurationError.self) { try Configuration(yaml: none, file: "gate.yaml") }
        #expect(error?.description.hasPrefix("gate.yaml:1:1: ftp or sip is missing") == true)
        let sip = try Configuration(yaml: none + "\nsip: {}", file: "gate.yaml")
        #expect(sip.ftp.ports == [] && sip.sip == Configuration.SIP() && sip.sip?.ports == [5060])
        #expect(try Configuration(yaml: Self.least, file: "gate.yaml").sip == nil)
        let all = """
            \(none)
            sip:
              ports: [5060, 5080]
              transports: [tcp]
              ice: strip
              local-media: hairpin
              signed-bodies: refuse
              binding-seconds: 600
              keepalive-seconds: 20
              tcp-keepalive-seconds: 30
              tcp-idle-seconds: 90
              media-seconds: 60
              hold-seconds: 7200
            """
        var wanted = Configuration.SIP()
        wanted.ports = [5060, 5080]
        wanted.transports = [.tcp]
        wanted.ice = .strip
        wanted.localMedia = .hairpin
        wanted.signedBodies = .refuse
        (wanted.bindingSeconds, wanted.keepAliveSeconds) = (600, 20)
        (wanted.tcpKeepAliveSeconds, wanted.tcpIdleSeconds) = (30, 90)
        (wanted.mediaSeconds, wanted.holdSeconds) = (60, 7200)
        #expect(try Configuration(yaml: all, file: "gate.yaml").sip == wanted)
        // Over UDP alone a port may be one of FTP's, too.
        let shared = Self.least + "\nsip: {ports: [21], transports: [udp]}"
        #expect(try Configuration(yaml: shared, file: "gate.yaml").sip?.ports == [21])
        #expect(sip.sip?.transports == [.udp, .tcp])
    }

    @Test("All problems are told at once, in the order of the file")
    func allAtOnce() {
        let yaml = """
            gateway: {wrokers: 1, flows: none}
            sip: {port: 5060}
            interfaces: {lan0: inside, wan0: insider}
            nat: {addresses: [nowhere, 127.0.0.1], ports: 5-4}
            ftp: {ports: [x]}
            """
        let error = #expect(throws: ConfigurationError.self) { try Configuration(yaml: yaml, file: "gate.yaml") }
        let places = error?.problems.map { $0.position.map { "\($0.line):\($0.column)" } }
        #expect(places == ["1:11", "1:30", "2:7", "3:34", "4:19", "4:28", "4:47", "5:15"])
    }

    @Test("A file that is empty, no mapping, or not there is refused by its name")
    func noConfiguration() throws {
        #expect(throws: ConfigurationError.self) { try Configuration(yaml: "", file: "gate.yaml") }
        let list = #expect(throws: ConfigurationError.self) { try Configuration(yaml: "- 1", file: "gate.yaml") }
        #expect(list?.description.hasPrefix("gate.yaml:1:1: the configuration has to be a mapping") == true)
        let path = NSTemporaryDirectory() + "sp-\(UUID().uuidString).yaml"
        let absent = #expect(throws: ConfigurationError.self) { try Configuration(contentsOf: path) }
        #expect(absent?.description.hasPrefix("\(path): cannot read it: ") == true)
        let directory = #expect(throws: ConfigurationError.self) { try Configuration(contentsOf: "/tmp") }
        #expect(directory?.description == "/tmp: cannot read it: it is a directory")
        try Self.least.write(toFile: path, atomically: true, encoding: .utf8)
        defer { unlink(path) }
        #expect(try Configuration(contentsOf: path).nat.ports == 32768...65535)
    }
}
