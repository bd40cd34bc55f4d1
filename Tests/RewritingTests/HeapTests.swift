import Foundation
import HeapWatch
import Rewriting
import TestSupport
import Testing

/// The packet path asks nothing of the heap: neither memory nor reference counting.
@Suite(.serialized, .enabled(if: heap_watch_works(), "a sanitizer brings a heap of its own"))
struct HeapTests {
    private final class Something { var other: Something? }

    @Test func `the watch sees an allocation and a reference`() {
        var things: [Something] = []
        things.reserveCapacity(10)
        heap_watch_begin()
        HeapTests.addTwo(&things)
        let watched = heap_watch_end()
        #expect(watched.heap_calls >= 1 && watched.reference_calls >= 1)
        heap_watch_begin()
        things.removeAll()
        #expect(heap_watch_end().heap_calls > 0)
    }

    @Test func `a watch sees nothing of another thread's, nor what is kept of errors meanwhile`() {
        let (begun, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        Thread.detachNewThread {
            heap_watch_begin()
            begun.signal()
            done.wait()
            _ = heap_watch_end()
            begun.signal()
        }
        begun.wait()
        heap_watch_begin()
        let isThrown = HeapTests.fails()
        let watched = heap_watch_end()
        done.signal()
        begun.wait()
        #expect(isThrown && watched.heap_calls == 0)
    }

    private enum Failure: Error { case some }

    @inline(never)
    private static func fail() throws(Failure) { throw .some }

    @inline(never)
    private static func fails() -> Bool {
        do throws(Failure) { try fail() } catch { return true }
        return false
    }

    @inline(never)
    private static func addTwo(_ things: inout [Something]) {
        let (first, second) = (Something(), Something())
        // A reference counted here, not in the standard library, whose own calls the watch does not see.
        second.other = first
        things += [first, second]
    }

    @Test(.enabled(if: World.isOptimized, "without optimisation the standard library itself counts references"))
    func `hundreds of conversations need no heap`() throws {
        var seeds = Random(seed: 1)
        var events = 0
        for _ in 0..<300 {
            let seed = seeds.next()
            let world = World(seed: seed)
            let tape = Tape()
            world.tape = tape
            var maker = ScriptMaker(random: Random(seed: seed ^ 1), client: world.client.local.address)
            let failure = Dialogue(world, maker.script()).run()
            #expect(failure == nil)
            var watched = heap_watch()
            // Twice: what is made once, such as pages first touched, is not counted.
            var sums: [UInt64] = []
            for _ in 0..<2 {
                var gateway = try World.gateway(seed: world.gatewaySeed, now: World.start)
                sums.append(tape.play(to: &gateway, begin: heap_watch_begin) { watched = heap_watch_end() })
                #expect(gateway.counter(.conversationsEnded) == world.gateway.counter(.conversationsEnded))
            }
            #expect(sums[0] == sums[1])
            #expect(watched.heap_calls == 0, "seed \(seed)")
            #expect(watched.reference_calls == 0, "seed \(seed)")
            events += tape.events.count
        }
        #expect(events > 50_000)
    }
}
