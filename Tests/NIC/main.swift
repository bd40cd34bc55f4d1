// `make test-nic`: the gateway on real drivers, in a guest with two virtio-net and two igb cards of two queues each;
// client and server are namespaces of the host. Run as root, with the gateway's executable and the folder that
// prepare-guest has filled. Prints what it checks, and SKIP where there is no guest.

import Foundation
import Lab

guard CommandLine.arguments.count == 3 else {
    FileHandle.standardError.write(Data("usage: test-nic PATH-OF-SALLYPORT FOLDER-OF-GUEST\n".utf8))
    exit(64)
}
let (executable, boot) = (
    URL(fileURLWithPath: CommandLine.arguments[1]).path, URL(fileURLWithPath: CommandLine.arguments[2]).path
)
do {
    let sandbox = try Sandbox()
    defer { sandbox.remove() }
    let host = try sandbox.namespace("guest")
    let networks = try Driver.allCases.map { try Network($0, guest: host, in: sandbox) }
    let guest = try Guest(boot: boot, networks: networks, in: host, sandbox: sandbox)
    say("guest: Linux \(try guest.run("uname -r").trimmingCharacters(in: .newlines))")
    for network in networks {
        try network.connect()
        let checks = try Checks(network, in: guest, executable: executable)
        for mode in ["copy", "zero-copy"] { try checks.run(mode) }
        try checks.refuse()
    }
    let complaints = try guest.complaints
    guard complaints.isEmpty else { throw LabError("the guest's kernel complains:\n\(complaints)") }
    say("ok    no warning of the guest's kernel")
} catch let reason as NoGuest {
    say("SKIP test-nic: \(reason)")
} catch {
    FileHandle.standardError.write(Data("FAIL  \(error)\n".utf8))
    exit(1)
}

/// Prints a line at once, so that progress shows also through a pipe.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}
