// From the configuration file to `Configuration`: the sections, their keys, and the conflicts between them.
//
// Reading goes on after a problem, with the default in place of the bad value, so that the operator sees all problems
// at once. Only what makes the file no YAML tree at all (a syntax error, a key given twice) ends it early.

import Foundation
import WireFormats
import Yams

extension Configuration {
    /// Reads a file.
    /// - Throws: `ConfigurationError` with every problem found.
    public init(contentsOf file: String) throws(ConfigurationError) {
        let text: String
        do {
            text = try String(contentsOf: URL(fileURLWithPath: file), encoding: .utf8)
        } catch {
            let isDirectory = (try? URL(fileURLWithPath: file).resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory
            // Foundation has but a number for it.
            let reason = isDirectory == true ? "it is a directory" : (error as NSError).localizedDescription
            throw ConfigurationError(problems: [.init(file: file, position: nil, message: "cannot read it: \(reason)")])
        }
        try self.init(yaml: text, file: file)
    }

    /// Reads the text of a file; `file` is its name in messages.
    /// - Throws: `ConfigurationError` with every problem found.
    public init(yaml: String, file: String) throws(ConfigurationError) {
        var reader = ConfigurationReader(file: file)
        let configuration = reader.tree(yaml).flatMap { Configuration($0, &reader) }
        guard let configuration, reader.problems.isEmpty else {
            throw ConfigurationError(problems: reader.problems.sorted { $0.position ?? .start < $1.position ?? .start })
        }
        self = configuration
    }

    /// Nil only where `reader` has noted a problem.
    private init?(_ root: Node, _ reader: inout ConfigurationReader) {
        guard
            let file = reader.section(
                root, name: "", keys: ["gateway", "interfaces", "nat", "ftp", "sip"],
                notServed: [
                    "publish": "published servers are not available in this version: remove the section"
                ])
        else { return nil }
        let gateway = Gateway(file, &reader)
        let interfaces = Interface.list(file, &reader)
        let nat = NAT(file, &reader)
        let ftp = FTP(file, &reader)
        let sip = SIP(file, &reader)
        if file.values["ftp"] == nil, file.values["sip"] == nil {
            reader.refuse(file.mark, "ftp or sip is missing, or both are; add a service, which may be empty: ftp: {}")
        }
        guard let gateway, let interfaces, let nat, let ftp else { return nil }
        self.init(gateway: gateway, interfaces: interfaces, nat: nat, ftp: ftp, sip: sip)
        refuseConflicts(file, &reader)
    }

    /// What is right by itself, and cannot be had together.
    private func refuseConflicts(_ file: Section, _ reader: inout ConfigurationReader) {
        let block = file.values["nat"]?["ports"]?.mark
        if let port = ftp.ports.first(where: nat.ports.contains) {
            reader.refuse(block, "nat.ports: the block contains port \(port) of ftp.ports; give the block other ports")
        }
        if let port = sip?.ports.first(where: nat.ports.contains) {
            reader.refuse(block, "nat.ports: the block contains port \(port) of sip.ports; give the block other ports")
        }
        if let port = sip?.portsOfTCP.first(where: ftp.ports.contains) {
            reader.refuse(
                file.values["sip"]?["ports"]?.mark,
                "sip.ports: port \(port) is one of ftp.ports; over TCP a port can have one service only")
        }
        let needed = Configuration.portsPerWorker * (gateway.workers ?? 1)
        if let workers = gateway.workers, nat.ports.count < needed {
            reader.refuse(block, "nat.ports: \(workers) workers need \(needed) ports, 16 each; widen the block")
        }
        let on = interfaces.first { $0.zeroCopy == .on }
        for interface in interfaces {
            let section = file.values["interfaces"]?[interface.name]
            if let on, interface.zeroCopy == .off {
                reader.refuse(
                    section?["zero-copy"]?.mark,
                    "interfaces.\(interface.name).zero-copy: off here and on for \(on.name) cannot be had together, since "
                        + "one memory serves all sockets; write auto for one of them")
            }
            if !interface.algQueues.isEmpty, sip != nil {
                reader.refuse(
                    section?["alg-queues"]?.mark,
                    "interfaces.\(interface.name).alg-queues: a phone's packets come from any port, so that no rule can "
                        + "bring them to queues of their own; remove this, or sip")
            } else if interface.algQueues.count > ftp.ports.count {
                reader.refuse(
                    section?["alg-queues"]?.mark,
                    "interfaces.\(interface.name).alg-queues: \(interface.algQueues.count) queues are more than the "
                        + "\(ftp.ports.count) of ftp.ports, and a service's packets come to one queue; list fewer")
            }
        }
    }
}

extension Configuration.Gateway {
    fileprivate init?(_ file: Section, _ reader: inout ConfigurationReader) {
        self.init()
        guard let node = file.values["gateway"] else { return }
        let keys = ["state-directory", "workers", "busy-poll", "when-down", "flows", "conversations"]
        guard let section = reader.section(node, name: "gateway", keys: keys) else { return nil }
        if let (path, mark) = reader.text(section, "state-directory") {
            stateDirectory = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
            if !path.hasPrefix("/") {
                reader.refuse(mark, "gateway.state-directory: '\(path)' is no absolute path; begin it with /")
            }
        }
        if let (text, mark) = reader.text(section, "workers"), text != "auto" {
            workers = Int(text).flatMap { (1...256).contains($0) ? $0 : nil }
            if workers == nil {
                reader.refuse(
                    mark, "gateway.workers: '\(text)' is not known here; write auto or a number from 1 to 256")
            }
        }
        if let (text, mark) = reader.text(section, "busy-poll"), text != "off" {
            busyPollMicroseconds = Int(text).flatMap { (1...10000).contains($0) ? $0 : nil }
            if busyPollMicroseconds == nil {
                reader.refuse(
                    mark,
                    "gateway.busy-poll: '\(text)' is not known here; write off or a number of microseconds up to 10000")
            }
        }
        whenDown = reader.choice(section, "when-down", WhenDown.self) ?? whenDown
        flows = reader.number(section, "flows", 1...4_194_304) ?? flows
        conversations = reader.number(section, "conversations", 1...1_048_576) ?? conversations
    }
}

extension Configuration.Interface {
    fileprivate static func list(_ file: Section, _ reader: inout ConfigurationReader) -> [Self]? {
        guard
            let node = reader.required(file, "interfaces", "with the names of your interfaces, each inside or outside"),
            let section = reader.section(node, name: "interfaces", keys: nil)
        else { return nil }
        let interfaces = section.keys.compactMap { key in
            Self(name: key.string ?? "", mark: key.mark, value: section.values[key.string ?? ""], &reader)
        }
        for side in [Side.inside, .outside] where !interfaces.contains(where: { $0.side == side }) {
            // A value that could not be read may have been meant as this side.
            guard interfaces.count == section.keys.count else { break }
            reader.refuse(section.mark, "interfaces: none is \(side); the gateway needs one of either side at least")
        }
        return interfaces
    }

    private init?(name: String, mark: Mark?, value: Node?, _ reader: inout ConfigurationReader) {
        // The kernel's own rules, dev_valid_name in net/core/dev.c.
        if name.isEmpty || name.utf8.count > 15 || name == "." || name == ".."
            || name.contains(where: { $0 == "/" || $0 == ":" || $0.isWhitespace })
        {
            reader.refuse(
                mark,
                "interfaces: '\(name)' cannot be an interface's name: that is 1 to 15 bytes without / : and spaces")
        }
        guard let value else { return nil }
        guard value.mapping != nil else {
            guard let side = reader.choice(value, "interfaces.\(name)", SideName.self)?.side else { return nil }
            self.init(name: name, side: side)
            return
        }
        let keys = ["side", "zero-copy", "alg-queues"]
        guard let section = reader.section(value, name: "interfaces.\(name)", keys: keys),
            reader.required(section, "side", "inside or outside") != nil,
            let side = reader.choice(section, "side", SideName.self)?.side
        else { return nil }
        self.init(name: name, side: side)
        zeroCopy = reader.choice(section, "zero-copy", ZeroCopy.self) ?? zeroCopy
        algQueues =
            reader.list(section, "alg-queues") { text in
                guard let queue = Int(text), (0...1023).contains(queue) else {
                    return .failure("'\(text)' is no queue; write a number from 0 to 1023")
                }
                return .success(queue)
            } ?? algQueues
    }
}

extension Configuration.NAT {
    fileprivate init?(_ file: Section, _ reader: inout ConfigurationReader) {
        guard
            let node = reader.required(
                file, "nat", "with addresses and ports; routing without NAT is not available in this version"),
            let section = reader.section(node, name: "nat", keys: ["addresses", "ports"])
        else { return nil }
        let addresses = Self.addresses(section, &reader)
        let ports = Self.block(section, &reader)
        guard let addresses, let ports else { return nil }
        self.init(addresses: addresses, ports: ports)
    }

    private static func addresses(_ section: Section, _ reader: inout ConfigurationReader) -> [IPv4Address]? {
        guard reader.required(section, "addresses", "a list of the public addresses, such as [203.0.113.7]") != nil
        else { return nil }
        return reader.list(section, "addresses") { text in
            guard let address = IPv4Address(text) else {
                return .failure("'\(text)' is no IPv4 address; write four numbers, such as 203.0.113.7")
            }
            // RFC 6890: this network, loopback, multicast and what lies above it are nobody's source addresses.
            switch address.octet(0) {
            case 0, 127, 224...:
                return .failure("\(address) cannot be a public address; write one that a host can have")
            default: return .success(address)
            }
        }
    }

    private static func block(_ section: Section, _ reader: inout ConfigurationReader) -> ClosedRange<UInt16>? {
        guard reader.required(section, "ports", "the gateway's block, such as 32768-65535") != nil,
            let (text, mark) = reader.text(section, "ports")
        else { return nil }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
            .map { part in part.allSatisfy { $0.isASCII && $0.isNumber } ? UInt16(part) : nil }
        guard ends.count == 2, let first = ends[0], let last = ends[1] else {
            reader.refuse(mark, "nat.ports: '\(text)' is no block of ports; write first-last, such as 32768-65535")
            return nil
        }
        guard first <= last else {
            reader.refuse(mark, "nat.ports: \(text) is the wrong way round; write \(last)-\(first)")
            return nil
        }
        if first < 1024 {
            reader.refuse(mark, "nat.ports: ports below 1024 belong to well-known services; begin at 1024 or above")
        }
        if last - first < 15 {
            reader.refuse(
                mark, "nat.ports: \(text) has fewer than 16 ports, and every conversation takes one; widen it")
        }
        return first...last
    }
}

extension Configuration.FTP {
    fileprivate init?(_ file: Section, _ reader: inout ConfigurationReader) {
        self.init()
        guard let node = file.values["ftp"] else {
            ports = []
            return
        }
        let keys = ["ports", "keepalive-seconds", "idle-seconds", "transitory-seconds", "pinhole-seconds"]
        guard let section = reader.section(node, name: "ftp", keys: keys) else { return nil }
        ports = reader.ports(section) ?? ports
        keepAliveSeconds = reader.number(section, "keepalive-seconds", 1...7200) ?? keepAliveSeconds
        idleSeconds = reader.number(section, "idle-seconds", 1...604_800) ?? idleSeconds
        transitorySeconds = reader.number(section, "transitory-seconds", 1...3600) ?? transitorySeconds
        pinholeSeconds = reader.number(section, "pinhole-seconds", 1...3600) ?? pinholeSeconds
        if keepAliveSeconds >= idleSeconds {
            reader.refuse(
                (section.values["idle-seconds"] ?? section.values["keepalive-seconds"])?.mark,
                "ftp.idle-seconds (\(idleSeconds)) has to be above ftp.keepalive-seconds (\(keepAliveSeconds)), or "
                    + "conversations are forgotten before they are kept alive")
        }
    }
}

extension Configuration.SIP {
    /// Nil where there is no such section, or no right one.
    fileprivate init?(_ file: Section, _ reader: inout ConfigurationReader) {
        self.init()
        guard let node = file.values["sip"] else { return nil }
        let keys = [
            "ports", "transports", "ice", "latching", "local-media", "media-dscp", "media-kbit", "signed-bodies",
            "binding-seconds", "keepalive-seconds", "tcp-keepalive-seconds", "tcp-idle-seconds", "media-seconds",
            "hold-seconds",
        ]
        guard let section = reader.section(node, name: "sip", keys: keys) else { return nil }
        ports = reader.ports(section) ?? ports
        transports =
            reader.list(section, "transports") { text -> Element<Transport> in
                guard let transport = Transport(rawValue: text) else {
                    return .failure("'\(text)' is not known here; write [udp], [tcp] or [udp, tcp]")
                }
                return .success(transport)
            } ?? transports
        ice = reader.choice(section, "ice", ICE.self) ?? ice
        latching = reader.choice(section, "latching", Latching.self) ?? latching
        mediaDSCP = reader.number(section, "media-dscp", 0...63)
        mediaKilobits = reader.number(section, "media-kbit", 8...1_000_000)
        localMedia = reader.choice(section, "local-media", LocalMedia.self) ?? localMedia
        signedBodies = reader.choice(section, "signed-bodies", SignedBodies.self) ?? signedBodies
        bindingSeconds = reader.number(section, "binding-seconds", 120...86400) ?? bindingSeconds
        keepAliveSeconds = reader.number(section, "keepalive-seconds", 1...3600) ?? keepAliveSeconds
        tcpKeepAliveSeconds = reader.number(section, "tcp-keepalive-seconds", 1...7200) ?? tcpKeepAliveSeconds
        tcpIdleSeconds = reader.number(section, "tcp-idle-seconds", 32...604_800) ?? tcpIdleSeconds
        mediaSeconds = reader.number(section, "media-seconds", 10...86400) ?? mediaSeconds
        holdSeconds = reader.number(section, "hold-seconds", 10...604_800) ?? holdSeconds
        if tcpKeepAliveSeconds >= tcpIdleSeconds {
            reader.refuse(
                (section.values["tcp-idle-seconds"] ?? section.values["tcp-keepalive-seconds"])?.mark,
                "sip.tcp-idle-seconds (\(tcpIdleSeconds)) has to be above sip.tcp-keepalive-seconds "
                    + "(\(tcpKeepAliveSeconds)), or connections are forgotten before they are kept alive")
        }
        if mediaSeconds >= holdSeconds {
            reader.refuse(
                (section.values["hold-seconds"] ?? section.values["media-seconds"])?.mark,
                "sip.hold-seconds (\(holdSeconds)) has to be above sip.media-seconds (\(mediaSeconds)), or held calls are "
                    + "ended sooner than others")
        }
    }
}

extension ConfigurationReader {
    /// The ports of a service.
    fileprivate mutating func ports(_ section: Section) -> [UInt16]? {
        list(section, "ports") { text in
            guard let port = UInt16(text), port > 0 else {
                return .failure("'\(text)' is no port; write a number from 1 to 65535")
            }
            return .success(port)
        }
    }
}

/// A side's name in the file.
private enum SideName: String, CaseIterable {
    case inside, outside

    var side: Side { self == .inside ? .inside : .outside }
}
