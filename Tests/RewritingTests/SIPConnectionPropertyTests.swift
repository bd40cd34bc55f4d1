import Foundation
import HeapWatch
import Rewriting
import TestSupport
import Testing
import WireFormats

/// SIP over TCP on a network at random: loss, repetition, reordering, segments cut and joined. SALLYPORT_SEED repeats a
/// connection that failed.
@Suite(.serialized) struct SIPConnectionPropertyTests {
    private let environment = ProcessInfo.processInfo.environment

    @Test(arguments: [(300, 3000, 2000), (30, 60, 60_000)])
    func `over any network both ends read what they read over a good one`(
        some: Int, count: Int, longest: Int
    ) {
        let wanted = environment["SALLYPORT_SEED"].flatMap { UInt64($0) }
        var seeds = SystemRandomNumberGenerator()
        var (failures, edits): (Int, UInt64) = (0, 0)
        for _ in 0..<(wanted != nil ? 1 : World.isOptimized ? count : some) where failures < 5 {
            let seed = wanted ?? seeds.next()
            let world = World(seed: seed, isSIP: true)
            let dialogue = SIPConnectionDialogue(world, random: Random(seed: seed ^ 1), longest: longest)
            if let failure = dialogue.run() {
                failures += 1
                Issue.record("SALLYPORT_SEED=\(seed), messages up to \(longest): \(failure)")
            }
            edits += dialogue.edits
        }
        #expect(wanted != nil || edits > count / 10)
    }

    @Test(
        .enabled(if: World.isOptimized, "without optimisation the standard library itself counts references"),
        .enabled(if: heap_watch_works(), "a sanitizer brings a heap of its own"))
    func `connections with SIP need no heap`() throws {
        var seeds = Random(seed: 1)
        for _ in 0..<100 {
            let seed = seeds.next()
            let world = World(seed: seed, isSIP: true)
            let tape = Tape()
            world.tape = tape
            let failure = SIPConnectionDialogue(world, random: Random(seed: seed ^ 1), longest: 10_000).run()
            #expect(failure == nil)
            var watched = heap_watch()
            for _ in 0..<2 {
                var gateway = try World.sipGateway(seed: world.gatewaySeed, now: World.start)
                _ = tape.play(to: &gateway, begin: heap_watch_begin) { watched = heap_watch_end() }
                #expect(gateway.sip.counter(.sipEdited) == world.gateway.sip.counter(.sipEdited))
            }
            #expect(watched.heap_calls == 0 && watched.reference_calls == 0, "seed \(seed)")
        }
    }
}
