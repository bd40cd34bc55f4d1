import Foundation
import Testing

@testable import Rewriting

/// SALLYPORT_SEED repeats one conversation, SALLYPORT_CONVERSATIONS runs another number of them.
@Suite struct ConversationPropertyTests {
    @Test func `any network gives both ends exactly what the rules prescribe`() {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["SALLYPORT_SEED"].flatMap { UInt64($0) }
        let count = wanted != nil ? 1 : environment["SALLYPORT_CONVERSATIONS"].flatMap { Int($0) } ?? 10_000
        var seeds = Random(seed: UInt64.random(in: 0 ... .max))
        var tally = Tally()
        let start = ContinuousClock.now
        for _ in 0..<count {
            let seed = wanted ?? seeds.next()
            if let failure = converse(seed, &tally) {
                Issue.record("SALLYPORT_SEED=\(seed): \(failure)")
                tally.failures += 1
                if tally.failures == 5 { break }
            }
        }
        print(tally, ContinuousClock.now - start)
    }

    private struct Tally {
        var conversations = 0
        var failures = 0
        var framesIn = 0
        var framesOut = 0
        var announcements = 0
        var refusals = 0
        var pinholes = 0
        var most = 0
        var mostSeed: UInt64 = 0
    }

    private func converse(_ seed: UInt64, _ tally: inout Tally) -> String? {
        let world = World(seed: seed)
        var maker = ScriptMaker(random: Random(seed: seed ^ 1), client: world.client.local.address)
        let dialogue = Dialogue(world, maker.script())
        let failure = dialogue.run()
        tally.conversations += 1
        tally.framesIn += world.framesToGateway
        tally.framesOut += world.frames
        tally.announcements += dialogue.announcements
        tally.refusals += dialogue.refusals
        tally.pinholes += world.dataWorld.opened
        if world.framesToGateway > tally.most { (tally.most, tally.mostSeed) = (world.framesToGateway, seed) }
        return failure
    }
}
