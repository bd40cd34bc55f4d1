import ArgumentParser
import Control

/// The command line. Exit codes: 0 done, 1 failed, 64 wrong usage, 78 wrong configuration.
@main
struct Sallyport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sallyport",
        abstract: "An application-level gateway for Linux routers: FTP and SIP through NAT, at driver level.",
        discussion: """
            Signalling goes through AF_XDP to a worker, which rewrites the addresses inside it; the data connections and \
            media that it announces are translated by an XDP program in the driver. All other traffic stays on the \
            kernel's own path.

            To begin:
              sallyport lab all                       see it work, in namespaces of its own
              sallyport check --config FILE           is the configuration right?
              sallyport check --config FILE --kernel  is this machine ready for it?
              sallyport explain --pcap FILE           what would it change, and why?
              sallyport run --config FILE             run it
            """,
        version: Version.current,
        subcommands: [
            Run.self, Check.self, StatusCommand.self, Flows.self, Pinholes.self, Calls.self, Registrations.self,
            CountersCommand.self, Explain.self, LabCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as ConfigurationError {
            fail(error, ExitCode(78))
        } catch let error as ExitCode {
            exit(withError: error)
        } catch let error where exitCode(for: error) == .failure {
            fail(error, .failure)
        } catch {
            exit(withError: error)
        }
    }

    /// Ends with the reason on standard error.
    private static func fail(_ error: any Error, _ code: ExitCode) -> Never {
        standardError("sallyport: \(error)\n")
        exit(withError: code)
    }
}
