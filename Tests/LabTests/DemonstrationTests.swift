// The demonstration is what a newcomer sees first.

import Testing

@testable import Lab

extension LabTests {
    @Suite("Demonstration")
    struct DemonstrationTests {
        @Test("Active transfers fail without the gateway, and everything works with it")
        func ftp() throws {
            #expect(try FTPDemonstration.run(gateway: GatewayUnderTest.choice, page: Page()))
        }
    }
}
