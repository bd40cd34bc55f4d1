import ArgumentParser
import Foundation
import Lab

/// `sallyport lab`
struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Show the gateway at work, with real programs in network namespaces.",
        discussion: """
            Builds two hosts and a router as network namespaces, runs real transfers with the gateway off and on, \
            prints what happened, and removes everything again, also when it is interrupted. The machine's own network \
            is not touched.

            Needs root, to make network namespaces and to run the gateway in one of them.
            """)

    /// What can be shown.
    enum Topic: String, ExpressibleByArgument, CaseIterable {
        case ftp
    }

    @Argument(help: "What to show: ftp.")
    var topic = Topic.ftp

    func run() throws {
        guard geteuid() == 0 else {
            throw Failure("run as root: the lab makes network namespaces, and runs the gateway in one of them")
        }
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        guard try Demonstration.run(gateway: .sallyport(own), page: Page()) else { throw ExitCode.failure }
    }
}
