// The same scripted control conversations through Sallyport and through the kernel's helper, in the same topology.

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("Conversations")
    struct ConversationTests {
        @Test("Each goes as it should")
        func accounts() throws {
            let accounts = try converse(through: GatewayUnderTest.choice)
            #expect(Set(accounts.keys) == Set(ConversationExpectation.all.map(\.name)))
            for expectation in ConversationExpectation.all {
                // Against the kernel's helper, which is how the scripts are tested, it may differ where that is known.
                let isFree = GatewayUnderTest.choice == .kernelHelper && expectation.reasonToDiffer != nil
                #expect(accounts[expectation.name] == expectation.account || isFree, "\(expectation.name)")
            }
        }

        @Test("The kernel's helper differs only where it is known to, and why")
        func kernelHelper() throws {
            let accounts = try converse(through: .kernelHelper)
            for expectation in ConversationExpectation.all {
                let account = try #require(accounts[expectation.name])
                guard account != expectation.account else { continue }
                let reason = try #require(
                    expectation.reasonToDiffer, "\(expectation.name): \(account), not \(expectation.account)")
                print(
                    """
                    \(expectation.name)
                      sallyport   \(expectation.account.joined(separator: "; "))
                      nf_nat_ftp  \(account.joined(separator: "; "))
                      because     \(reason)
                    """)
            }
        }

        private func converse(through gateway: Gateway) throws -> [String: [String]] {
            let topology = try Topology()
            defer { topology.remove() }
            let running = try gateway.start(on: topology)
            // From where a stranger tries to use what was announced to the server.
            try topology.outside.run("ip", "address", "add", "203.0.113.21/24", "dev", "eth0")
            let script = URL(fileURLWithPath: "\(#filePath)/../../Conversations/conversations.py").standardized.path
            let accounts = try topology.outside.run(
                "python3", script, topology.inside.name, topology.outside.name, topology.outsideAddress, limit: 180)
            try running?.stop()
            return try JSONDecoder().decode([String: [String]].self, from: Data(accounts.utf8))
        }
    }
}
