import Foundation
import Steering
import Testing

typealias Mode = Steering.Attachment.Mode

@Suite("Attachment", .enabled(if: isRoot, "needs root"))
struct AttachmentTests {
    private static let capacity = SteeringProgram.Capacity(flows: 4, pinholes: 4)

    @Test(arguments: [Mode.native, .generic])
    func `detaching leaves the links as they were`(mode: Mode) async throws {
        let (before, during, after) = try await inOwnNamespace {
            try shell(Router.links)
            let before = try shell("ip -d link show")
            let attachments = try SteeringProgram(capacity: Self.capacity).attach(to: ["in0", "out0"], modes: [mode])
            let during = try shell("ip -d link show")
            for attachment in attachments { attachment.detach() }
            return (before, during, try shell("ip -d link show"))
        }
        #expect(during.components(separatedBy: "name sallyport").count == 3)
        #expect(during.contains(mode == .native ? "prog/xdp " : "xdpgeneric"))
        #expect(before == after)
    }

    @Test func `the end of the attachment detaches`() async throws {
        let (before, after) = try await inOwnNamespace {
            try shell(Router.links)
            let before = try shell("ip -d link show")
            _ = try SteeringProgram(capacity: Self.capacity).attach(to: ["in0"])
            return (before, try shell("ip -d link show"))
        }
        #expect(before == after)
    }

    @Test func `native is taken before generic`() async throws {
        let mode = try await inOwnNamespace {
            try shell(Router.links)
            return try SteeringProgram(capacity: Self.capacity).attach(to: ["in0"]).map(\.mode)
        }
        #expect(mode == [.native])
    }

    @Test(arguments: [Mode.native, .generic])
    func `a second program is refused, and the error names the first`(mode: Mode) async throws {
        let (error, links) = try await inOwnNamespace {
            try shell(Router.links)
            let program = try SteeringProgram(capacity: Self.capacity)
            let attachments = try program.attach(to: ["in0"], modes: [mode])
            defer { for attachment in attachments { attachment.detach() } }
            var refusal: SetupError?
            do throws(SetupError) {
                _ = try SteeringProgram(capacity: Self.capacity).attach(to: ["out0", "in0"])
            } catch {
                refusal = error
            }
            return (refusal, try shell("ip link show"))
        }
        let text = try #require(error).description
        let id = try #require(links.firstMatch(of: /prog\/xdp id (\d+)/)?.1)
        #expect(text.contains("another XDP program is attached to in0 (id \(id), name sallyport)"))
        #expect(text.contains("ip link set dev in0 xdp off"))
        #expect(links.components(separatedBy: "prog/xdp").count == 2, "out0 has been left alone")
    }

    @Test func `an interface that is not there is named`() async throws {
        let error = await #expect(throws: SetupError.self) {
            try await inOwnNamespace {
                _ = try SteeringProgram(capacity: Self.capacity).attach(to: ["nowhere0"])
            }
        }
        #expect(error?.description.contains("nowhere0") == true)
    }

    @Test func `a killed process leaves the links as they were`() async throws {
        let name = "sp-steering-\(getpid())"
        try shell("ip netns add \(name)")
        defer { _ = try? shell("ip netns delete \(name)") }
        let before = try await inNamespace(name) {
            try shell(Router.links)
            return try shell("ip -d link show")
        }
        await #expect(processExitsWith: .signal(SIGKILL)) { [name = name as String] in
            try enterNamespace(name)
            let attachments = try SteeringProgram(capacity: Self.capacity).attach(to: ["in0", "out0"])
            try withExtendedLifetime(attachments) {
                guard try shell("ip -d link show").contains("name sallyport") else { exit(1) }
                kill(getpid(), SIGKILL)
            }
        }
        #expect(try await inNamespace(name) { try shell("ip -d link show") } == before)
    }
}
