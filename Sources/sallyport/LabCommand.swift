import ArgumentParser
import Foundation
import Lab

/// `sallyport lab`
struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Show the gateway at work, with real programs in network namespaces.",
        discussion: """
            Builds two hosts and a router as network namespaces, runs real transfers and calls with the gateway off \
            and on, prints what happened, and removes everything again, also when it is interrupted. The machine's own \
            network is not touched.

            Needs root, to make network namespaces and to run the gateway in one of them.
            """)

    /// What can be shown.
    enum Topic: String, ExpressibleByArgument, CaseIterable {
        case ftp
        case sip
        case all
    }

    @Argument(help: "What to show: ftp, sip or all.")
    var topic = Topic.ftp

    func run() throws {
        guard geteuid() == 0 else {
            throw Failure("run as root: the lab makes network namespaces, and runs the gateway in one of them")
        }
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let (gateway, page) = (Gateway.sallyport(own), Page())
        var isGood = true
        if topic != .sip { isGood = try FTPDemonstration.run(gateway: gateway, page: page) }
        if topic != .ftp { isGood = try SIPDemonstration.run(gateway: gateway, page: page) && isGood }
        guard isGood else { throw ExitCode.failure }
    }
}
