// `sallyport lab ftp`: what FTP through a NAT router is like without a gateway and with one, shown with real programs.

import Foundation

/// The demonstration of FTP: vsftpd outside, curl inside, the same six transfers without and with the gateway.
public struct FTPDemonstration {
    /// One of the six.
    private struct Step {
        let title: String
        let mode: TransferMode
        let transfer: Transfer
        let original: String?
        let copy: String
    }

    /// What became of it.
    private struct Result {
        let works: Bool
        let remark: String
        /// Address-carrying commands: as the client sent them, as they arrived.
        let said: [String]
        let heard: [String]
    }

    private let gateway: Gateway
    private let topology: Topology
    private let server: FTPServer
    private let page: Page

    /// Runs it from beginning to end and removes everything that it made.
    ///
    /// - Parameters:
    ///   - gateway: what is shown; usually this very executable.
    ///   - page: where the account goes.
    /// - Returns: whether everything was as it should be: with the gateway every transfer works, and without it those
    ///   in active mode do not.
    /// - Throws: `LabError` where something is missing or does not start.
    public static func run(gateway: Gateway, page: Page) throws -> Bool {
        let missing = Programs.missing(["ip", "ethtool", "nft", "curl"])
        guard missing.isEmpty else {
            throw LabError(
                "the demonstration needs \(missing.joined(separator: ", ")): run tools/install-packages demo, "
                    + "or apt-get install iproute2 ethtool nftables curl")
        }
        let topology = try Topology()
        defer { topology.remove() }
        let server = try FTPServer(.vsftpd, in: topology)
        return try FTPDemonstration(gateway: gateway, topology: topology, server: server, page: page).show()
    }

    private func show() throws -> Bool {
        page.title("FTP through a NAT router, without and with a gateway")
        page.text(
            "curl on \(Topology.insideAddress), vsftpd on \(topology.outsideAddress); the router between them has the "
                + "public address\n\(Topology.publicAddress), masquerades, and lets nothing in that was not asked for.")
        try makeFile("\(server.folder)/report", bytes: 5_000_000)
        try makeFile(upload, bytes: 2_000_000)

        page.title("1. The router alone")
        let before = try steps.map(perform)

        page.title("2. The same with the gateway")
        let running = try gateway.start(on: topology)
        let after = try steps.map(perform)

        page.title("3. What the gateway rewrote")
        showRewriting(after)
        if let running {
            page.title("4. Which path the packets took")
            PathTable(forwarded: "the files", steered: "the control conversations").show(
                try running.counters(), on: page)
            try running.stop()
        }
        page.title("5. What the client saw")
        page.table(
            [["", "without", "with"]]
                + zip(steps, zip(before, after)).map { step, results in
                    [step.title, verdict(results.0), verdict(results.1)]
                })
        let isActive = steps.map { $0.mode == .port || $0.mode == .extendedPort }
        return after.allSatisfy(\.works) && zip(before, isActive).allSatisfy { $0.works != $1 }
    }

    private var upload: String { "\(topology.sandbox.directory)/upload" }

    private var steps: [Step] {
        let copy = "\(topology.sandbox.directory)/copy"
        let report = "\(server.folder)/report"
        let download = Transfer.download(remote: "report", local: copy)
        let send = Transfer.upload(local: upload, remote: "sent")
        let sent = "\(server.folder)/sent"
        return [
            Step(title: "active, PORT", mode: .port, transfer: download, original: report, copy: copy),
            Step(title: "active, EPRT", mode: .extendedPort, transfer: download, original: report, copy: copy),
            Step(title: "passive, PASV", mode: .passive, transfer: download, original: report, copy: copy),
            Step(title: "passive, EPSV", mode: .extendedPassive, transfer: download, original: report, copy: copy),
            Step(title: "upload, active", mode: .port, transfer: send, original: upload, copy: sent),
            Step(title: "listing, active", mode: .port, transfer: .list(local: copy), original: nil, copy: copy),
        ]
    }

    private func perform(_ step: Step) throws -> Result {
        try? FileManager.default.removeItem(atPath: step.copy)
        let capture = Programs.missing(["tcpdump"]).isEmpty ? try ControlCapture(in: topology) : nil
        let outcome = try FTPClient(.curl, step.mode)
            .start([step.transfer], with: server, in: topology, options: ["--verbose", "--connect-timeout", "5"])
            .wait()
        let heard = try capture?.stop() ?? ""
        let result = Result(
            works: outcome.status == 0 && isWhole(step), remark: remark(outcome, step),
            said: addressCommands(in: outcome.errors), heard: addressCommands(in: heard))
        page.table([[step.title, verdict(result), result.remark]])
        return result
    }

    private func isWhole(_ step: Step) -> Bool {
        guard let original = step.original else { return size(step.copy) > 0 }
        return FileManager.default.contentsEqual(atPath: original, andPath: step.copy)
    }

    /// The server's refusal, as curl shows it, or how much arrived.
    private func remark(_ outcome: ChildProcess.Outcome, _ step: Step) -> String {
        guard outcome.status != 0 else { return "\(size(step.copy)) bytes" }
        let lines = outcome.errors.split(whereSeparator: \.isNewline)
        let refusal = lines.last { $0.hasPrefix("< 4") || $0.hasPrefix("< 5") }?.dropFirst(2)
        return "the server says: \(refusal ?? "nothing")"
    }

    private func size(_ file: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
    }

    private func verdict(_ result: Result) -> String {
        result.works ? page.good("works") : page.bad("fails")
    }

    private func addressCommands(in text: String) -> [String] {
        text.matches(of: /(?:PORT|EPRT) [0-9|,.]+/).map { String($0.output) }
    }

    private func showRewriting(_ results: [Result]) {
        let rows = results.flatMap { result in
            zip(result.said, result.heard).map { [$0, $1] }
        }
        guard !rows.isEmpty else {
            return page.text("(tcpdump is missing, which would show what the server heard: apt-get install tcpdump)")
        }
        page.table([["the client said", "the server heard"]] + rows)
    }

    private func makeFile(_ path: String, bytes: Int) throws {
        try ChildProcess(["sh", "-c", "head -c \(bytes) /dev/urandom >'\(path)' && chmod 644 '\(path)'"]).succeed()
    }
}
