import ArgumentParser
import Captures
import Control
import Foundation
import Rewriting
import WireFormats

/// `sallyport explain`
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the gateway would change in the messages of a capture, and why.",
        discussion: """
            Reads a capture (pcap or pcapng) of FTP and SIP, plays it to the gateway, and prints each message that would \
            be changed: the lines as they are and as they would be, with the reason for every change; what would be \
            opened; and what would be refused or is unusual. No card, no root and no running gateway are needed.

            The capture had best be taken where the gateway would see it, on the inside, and without one. What comes \
            to an inside address is taken to come to the public endpoint that the gateway would have given it, \
            and names that, too, where it repeats what was sent. Public ports are drawn from a fixed series, so that the \
            output is the same every time; the gateway's own cannot be guessed.
            """)

    @Option(name: .long, help: ArgumentHelp("The capture; - is standard input.", valueName: "file"))
    var pcap: String

    @Option(name: .long, help: ArgumentHelp("The configuration of the gateway that is played.", valueName: "file"))
    var config: String?

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Addresses that are inside, such as 192.168.0.0/16; may be repeated. Without it, private ones.",
            valueName: "prefix"))
    var inside: [Prefix] = []

    @Option(
        name: .customLong("public"),
        help: ArgumentHelp(
            "The public address, without --config. Without it, 203.0.113.1, which is nobody's.", valueName: "address"))
    var publicAddress: Address?

    @Flag(name: .long, help: "Print a JSON object on a line for each message, for programs.")
    var json = false

    func validate() throws {
        if config != nil, publicAddress != nil {
            throw ValidationError("--config has the public addresses already; leave --public out")
        }
    }

    func run() throws {
        let plan = try plan()
        let capture = try Capture(contentsOf: pcap)
        let prefixes = inside
        var explainer = try Explainer(plan) { address in
            prefixes.isEmpty ? address.isPrivate : prefixes.contains { $0.contains(address) }
        }
        if !json { print(heading(plan)) }
        let outcome = Result {
            while let frame = try capture.next() {
                for explanation in explainer.explain(frame) { try show(explanation) }
            }
        }
        // What was read before the end of a capture that is cut off counts, too.
        if !json { for line in summary(explainer, capture.count) { print(line) } }
        try outcome.get()
        if let first = explainer.firstCut {
            throw Failure(
                "\(pcap): of \(explainer.framesCut) frames a part is missing, first of frame \(first), and nothing was made "
                    + "of them; capture with `tcpdump -s 0`")
        }
    }

    private func plan() throws -> ObserverPlan {
        var plan = ObserverPlan(addresses: [publicAddress?.address ?? IPv4Address(203, 0, 113, 1)])
        if let config { plan = ObserverPlan(try Configuration(contentsOf: config)) }
        plan.seed = 1
        return plan
    }

    private func show(_ explanation: Explanation) throws {
        guard json else {
            let isColoured = isatty(1) == 1 && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
            return print("\n" + explanation.text(isColoured: isColoured))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(explanation), as: UTF8.self))
    }

    private func heading(_ plan: ObserverPlan) -> String {
        let addresses = plan.addresses.map(\.description).joined(separator: ", ")
        let isMadeUp = config == nil && publicAddress == nil
        return "public: \(addresses)\(isMadeUp ? " (nobody's; see --public)" : ""), "
            + "ports \(plan.ports.lowerBound)-\(plan.ports.upperBound), drawn from a fixed series; "
            + "inside: \(inside.isEmpty ? "private addresses" : inside.map(\.description).joined(separator: ", "))"
    }

    private func summary(_ explainer: borrowing Explainer, _ count: Int) -> [String] {
        var lines = ["", "\(count) frames"]
        if explainer.framesOfOneSide > 0 {
            lines.append(
                "\(explainer.framesOfOneSide) of FTP or SIP go from one address to another of the same side: past the "
                    + "gateway, or translated already; --inside says what is inside")
        }
        let rows = explainer.counters.map { [$0.name, "\($0.count)", $0.meaning] }
        return lines + (rows.isEmpty ? [] : columns(["COUNTER", "COUNT", "MEANING"], rows))
    }
}

/// An address on the command line.
struct Address: ExpressibleByArgument {
    let address: IPv4Address

    init?(argument: String) {
        guard let address = IPv4Address(argument) else { return nil }
        self.address = address
    }
}
