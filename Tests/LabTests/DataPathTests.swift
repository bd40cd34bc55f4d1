// The data of a transfer stays in XDP. How fast it is beside the kernel's forwarding is printed, and judged by nobody here.

import Testing

@testable import Lab

extension LabTests {
    @Suite("Data path", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct DataPathTests {
        @Test("200 MB pass the worker by")
        func throughput() throws {
            guard case .sallyport(let executable) = GatewayUnderTest.choice else { return }
            let throughput = try Throughput.measure(executable, pairs: 5, bytes: 200_000_000)
            print(throughput.summary)
            // 1448 bytes a packet, and an acknowledgement for every other one at most.
            #expect(throughput.forwarded > 200_000_000 / 1448)
            #expect(throughput.steered < 100)
        }
    }
}
