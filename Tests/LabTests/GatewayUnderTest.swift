// Which gateway the tests run against: sallyport, or by SALLYPORT_LAB_GATEWAY=kernel the kernel's helper, which is how
// the lab itself is tested.

import Foundation

@testable import Lab

enum GatewayUnderTest {
    static let choice: Gateway = wantsKernel ? .kernelHelper : .sallyport(executable)

    private static let wantsKernel = ProcessInfo.processInfo.environment["SALLYPORT_LAB_GATEWAY"] == "kernel"

    /// The executable, which the build puts beside the test bundle; this process's own file is that bundle.
    private static let executable = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("sallyport").path
}
