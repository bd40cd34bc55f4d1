// Whatever way a run ends, nothing of it stays behind.

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("Sandbox")
    struct SandboxTests {
        @Test("What is removed is gone when remove returns: processes, namespaces, files")
        func removal() throws {
            let topology = try Topology()
            let server = try topology.outside.start(["sleep", "1000"])
            topology.remove()
            #expect(try server.wait(limit: 1).status == 128 + SIGTERM)
            #expect(try leftovers(of: topology.sandbox.prefix).isEmpty)
        }

        @Test("A run that is interrupted removes everything before it ends")
        func interruption() async throws {
            let result = try await #require(
                processExitsWith: .signal(SIGTERM), observing: [\.standardOutputContent]
            ) {
                let topology = try Topology()
                print(topology.sandbox.prefix)
                kill(getpid(), SIGTERM)
                withExtendedLifetime(topology) { while true { pause() } }
            }
            #expect(try leftovers(of: prefix(in: result.standardOutputContent)).isEmpty)
        }

        @Test("A run that is killed is removed by its guard")
        func murder() async throws {
            let result = try await #require(
                processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
            ) {
                let topology = try Topology()
                print(topology.sandbox.prefix)
                fflush(nil)
                kill(getpid(), SIGKILL)
            }
            let prefix = try prefix(in: result.standardOutputContent)
            // The guard is not our child, so its end is no event to us.
            for _ in 0..<500 where try !leftovers(of: prefix).isEmpty { usleep(10_000) }
            #expect(try leftovers(of: prefix).isEmpty)
        }

        private func prefix(in output: [UInt8]) throws -> String {
            let lines = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline)
            return String(try #require(lines.first { $0.hasPrefix("sp-") }))
        }

        private func leftovers(of prefix: String) throws -> [String] {
            let namespaces = try FileManager.default.contentsOfDirectory(atPath: "/run/netns")
            let files = try FileManager.default.contentsOfDirectory(atPath: "/dev/shm")
            return (namespaces + files).filter { $0.hasPrefix(prefix) }
        }
    }
}
