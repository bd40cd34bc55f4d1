import Foundation
import Rewriting
import TestSupport
import Testing
import WireFormats

/// Client and server, made up and at random, on a network at random, with the gateway between them. SALLYPORT_SEED
/// repeats a conversation that failed (SALLYPORT_TRACE=1 prints its segments), SALLYPORT_CONVERSATIONS runs another
/// number of them than 10,000, or 200 without optimisation.
@Suite struct ConversationPropertyTests {
    private let environment = ProcessInfo.processInfo.environment
    private var wanted: UInt64? { environment["SALLYPORT_SEED"].flatMap { UInt64($0) } }

    @Test func `over any network both ends read exactly what the rules prescribe, and never stall`() {
        let count = environment["SALLYPORT_CONVERSATIONS"].flatMap { Int($0) } ?? (World.isOptimized ? 10_000 : 200)
        var seeds = SystemRandomNumberGenerator()
        var tally = Tally()
        while tally.conversations < (wanted != nil ? 1 : count), tally.failures < 5 {
            let seed = wanted ?? seeds.next()
            converse(World(seed: seed), seed, nil, &tally)
        }
        print(tally)
    }

    @Test func `fifty commands and fifty replies may change their length in one conversation`() {
        var seeds = SystemRandomNumberGenerator()
        var tally = Tally()
        while tally.conversations < (wanted != nil ? 1 : 100), tally.failures < 5 {
            let seed = wanted ?? seeds.next()
            let world = World(seed: seed)
            // An address that is shorter than the public one by more than ports can make up for.
            guard wanted != nil || world.client.local.address.octet(3) < 10 else { continue }
            let before = (tally.announcements, tally.refusals)
            converse(world, seed, .manyEdits, &tally)
            #expect(tally.announcements == before.0 + 50 && tally.refusals == before.1 + 50)
        }
    }

    private struct Tally: CustomStringConvertible {
        var conversations = 0
        var failures = 0
        var framesIn = 0
        var framesOut = 0
        var announcements = 0
        var refusals = 0
        var pinholes = 0
        let start = ContinuousClock.now

        var description: String {
            """
            \(conversations) conversations in \(ContinuousClock.now - start): \(framesIn) frames in, \(framesOut) out, \
            \(announcements) announcements, \(refusals) refusals, \(pinholes) pinholes
            """
        }
    }

    private func converse(_ world: World, _ seed: UInt64, _ kind: ScriptMaker.Kind?, _ tally: inout Tally) {
        var maker = ScriptMaker(random: Random(seed: seed ^ 1), client: world.client.local.address)
        let dialogue = Dialogue(world, maker.script(kind))
        if let failure = dialogue.run() {
            Issue.record("SALLYPORT_SEED=\(seed): \(failure)")
            tally.failures += 1
        }
        tally.conversations += 1
        tally.framesIn += world.framesToGateway
        tally.framesOut += world.frames
        tally.announcements += dialogue.announcements
        tally.refusals += dialogue.refusals
        tally.pinholes += world.dataWorld.opened
    }
}
