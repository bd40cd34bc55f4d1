import FlowTables
import TestSupport
import Testing

@Suite struct FreeListTests {
    @Test func `Every slot is given once, and nil when none is left`() throws {
        var list = try FreeList(count: 1_000)
        var slots: Set<Int> = []
        while let slot = list.take() { #expect(slots.insert(slot).inserted) }
        #expect(slots == Set(0..<1_000))
        #expect(list.available == 0 && list.take() == nil && list.take(drawn: 7) == nil)
    }

    @Test func `However slots are taken and given back, those taken are the ones not free`() throws {
        var random = Random()
        var list = try FreeList(count: 50)
        var taken: Set<Int> = []
        for round in 0..<50_000 {
            let isFirst: Bool
            switch Int.random(in: 0..<3, using: &random) {
            case 0: isFirst = list.take().map { taken.insert($0).inserted && 0..<50 ~= $0 } ?? (taken.count == 50)
            case 1:
                isFirst =
                    list.take(drawn: random.next()).map { taken.insert($0).inserted && 0..<50 ~= $0 }
                    ?? (taken.count == 50)
            default:
                isFirst = true
                if let slot = taken.randomElement(using: &random) {
                    taken.remove(slot)
                    list.give(slot)
                }
            }
            guard isFirst, list.available == 50 - taken.count else {
                Issue.record("in round \(round), seed \(random.seed)")
                return
            }
        }
    }

    @Test func `The slot given back last is taken first`() throws {
        var list = try FreeList(count: 9)
        let slots = (0..<5).map { _ in list.take()! }
        list.give(slots[1])
        list.give(slots[3])
        #expect(list.take() == slots[3] && list.take() == slots[1])
    }

    @Test func `Each free slot is drawn by as many numbers as any other`() throws {
        var draws = [Int](repeating: 0, count: 6)
        for number in UInt64(0)..<40 {
            var list = try FreeList(count: 6)
            _ = list.take()
            draws[list.take(drawn: .max - number)!] += 1
        }
        #expect(draws == [0, 8, 8, 8, 8, 8])
    }

    @Test func `The program stops when more slots are given back than there are`() async {
        await #expect(processExitsWith: .trap) {
            var list = try FreeList(count: 3)
            list.give(0)
        }
    }
}
