import FlowTables
import Foundation
import TestSupport
import Testing

@Suite struct HandOverRingTests {
    @Test func `What is put is seen after the next publish, in order, and room comes back by removing`() {
        let ring = HandOverRing<UInt64>(capacity: 4)
        #expect(!ring.publish() && ring.isEmpty())
        for element in UInt64(1)...4 { #expect(ring.put(element) == true) }
        #expect(ring.put(5) == false, "a ring of 4 is full")
        #expect(ring.isEmpty() && ring.arrived(most: 8) == 0)
        #expect(ring.publish() && !ring.publish())
        #expect(!ring.isEmpty() && ring.arrived(most: 8) == 4 && ring.arrived(most: 3) == 3)
        #expect((0..<4).map { ring.element($0) } == [1, 2, 3, 4])
        ring.remove(2)
        #expect(ring.underWay == 2)
        #expect(ring.put(5) && ring.put(6) && !ring.put(7))
        #expect(ring.publish() && ring.arrived(most: 8) == 2)
        ring.remove(2)
        #expect(ring.arrived(most: 8) == 2 && ring.element(0) == 5)
    }

    @Test func `However the two ends take turns, it behaves as a list does`() {
        var random = Random()
        let ring = HandOverRing<UInt32>(capacity: 16)
        var (staged, shown): ([UInt32], [UInt32]) = ([], [])
        for round in UInt32(0)..<100_000 {
            var isRight = true
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let fits = staged.count + shown.count < 16
                if fits { staged.append(round) }
                isRight = ring.put(round) == fits
            case 2:
                isRight = ring.publish() == !staged.isEmpty
                shown += staged
                staged = []
            default:
                let arrived = ring.arrived(most: 5)
                // It may know of fewer than there are while it has some, but never of none.
                isRight = arrived <= min(5, shown.count) && (arrived > 0) == !shown.isEmpty
                isRight = isRight && (0..<arrived).map { ring.element($0) } == Array(shown.prefix(arrived))
                ring.remove(arrived)
                shown.removeFirst(arrived)
            }
            guard isRight, ring.underWay == staged.count + shown.count, ring.isEmpty() == shown.isEmpty else {
                Issue.record("in round \(round), seed \(random.seed)")
                return
            }
        }
    }

    /// What an element stands for, here a cell of an array without any atomic in it, is handed over with it: the thread
    /// sanitizer finds nothing in this.
    @Test func `Two threads pass a million cells through a small ring, and each cell has one owner at a time`() {
        let ring = Shared(ring: HandOverRing<UInt32>(capacity: 64), back: HandOverRing<UInt32>(capacity: 64))
        let cells = UnsafeMutablePointer<UInt64>.allocate(capacity: 64)
        cells.initialize(repeating: 0, count: 64)
        defer { cells.deallocate() }
        nonisolated(unsafe) let memory = cells
        let rounds = UInt64(1_000_000)
        let receiver = Thread {
            var expected: UInt64 = 1
            while expected <= rounds {
                let arrived = ring.ring.arrived(most: 32)
                if arrived == 0 { sched_yield() }
                for position in 0..<arrived {
                    let cell = ring.ring.element(position)
                    precondition(memory[Int(cell)] == expected, "a cell out of turn")
                    precondition(ring.back.put(cell), "more cells than there are")
                    expected += 1
                }
                ring.ring.remove(arrived)
                _ = ring.back.publish()
            }
            ring.done.signal()
        }
        receiver.start()
        var free = Array(UInt32(0)..<64)
        var next: UInt64 = 1
        while next <= rounds {
            let returned = ring.back.arrived(most: 64)
            for position in 0..<returned { free.append(ring.back.element(position)) }
            ring.back.remove(returned)
            if returned == 0 && free.isEmpty { sched_yield() }
            while next <= rounds, let cell = free.popLast() {
                memory[Int(cell)] = next
                precondition(ring.ring.put(cell), "more cells than there are")
                next += 1
            }
            _ = ring.ring.publish()
        }
        ring.done.wait()
        #expect(ring.ring.underWay == 0)
    }

    @Test func `The program stops when an element is read, or removed, that has not arrived`() async {
        await #expect(processExitsWith: .trap) {
            let ring = HandOverRing<UInt32>(capacity: 2)
            _ = ring.put(1)
            _ = ring.element(0)
        }
        await #expect(processExitsWith: .trap) {
            let ring = HandOverRing<UInt32>(capacity: 2)
            _ = ring.put(1)
            ring.remove(1)
        }
    }
}

private final class Shared: Sendable {
    let ring: HandOverRing<UInt32>
    let back: HandOverRing<UInt32>
    let done = DispatchSemaphore(value: 0)

    init(ring: consuming HandOverRing<UInt32>, back: consuming HandOverRing<UInt32>) {
        self.ring = ring
        self.back = back
    }
}
