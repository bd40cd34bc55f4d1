import ArgumentParser
import Control

/// `sallyport check`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration, and with --kernel the machine.",
        discussion: """
            Problems of the configuration are printed with file, line and column; the exit code is then 78. With \
            --kernel everything that the machine lacks is printed with the command that mends it; the exit code is \
            then 1. Nothing is changed.
            """)

    @OptionGroup var option: ConfigurationOption

    @Flag(name: .long, help: "Also compare sysctls, offloads, queues, port ranges and NAT rules of this machine.")
    var kernel = false

    @Flag(name: .long, help: "Print the findings of --kernel as JSON.")
    var json = false

    func run() throws {
        let configuration = try option.read()
        guard kernel else {
            let interfaces = configuration.interfaces.count
            let services = [("FTP", configuration.ftp.ports), ("SIP", configuration.sip?.ports ?? [])]
                .filter { !$0.1.isEmpty }.map { "\($0) on \($1)" }.joined(separator: ", ")
            print("\(option.config): good: \(interfaces) interfaces, \(services)")
            return
        }
        let check = try KernelCheck(configuration)
        print(json ? try check.json() : check.table)
        if check.needsMending { throw ExitCode(1) }
    }
}
