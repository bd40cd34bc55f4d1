// Which gateway the tests run against: sallyport, or by SALLYPORT_LAB_GATEWAY=kernel the kernel's helper, which is how
// the lab itself is tested.

import Foundation

@testable import Lab

enum GatewayUnderTest {
    static let isKernel = ProcessInfo.processInfo.environment["SALLYPORT_LAB_GATEWAY"] == "kernel"

    /// The executable, which stands beside the test bundle.
    static let executable = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }?
        .deletingLastPathComponent().appendingPathComponent("sallyport").path
        ?? CommandLine.arguments[0]

    static func start(on topology: Topology) throws -> RunningGateway? {
        guard !isKernel else {
            try topology.useKernelHelper()
            return nil
        }
        return try RunningGateway(executable, on: topology)
    }
}
