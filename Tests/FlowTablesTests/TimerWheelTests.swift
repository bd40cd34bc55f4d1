import FlowTables
import TestSupport
import Testing

@Suite struct TimerWheelTests {
    private static let slots = 40
    /// Ticks that the wheel turns through before it comes to the same list again.
    private static let turn: UInt64 = 4096

    /// A wheel, and what it must do: nothing before its deadline; nothing later than a tick after it, or after it was
    /// set, whichever is later.
    private struct Pair: ~Copyable {
        let tick: UInt64
        var wheel: TimerWheel
        var now: UInt64
        var model: [Int: (deadline: UInt64, setAt: UInt64)] = [:]
        var expiries = 0
        var agree = true

        init(tick: UInt64, now: UInt64) throws {
            self.tick = tick
            self.now = now
            wheel = try TimerWheel(count: slots, tick: tick, now: now)
        }

        mutating func set(_ slot: Int, deadline: UInt64) {
            wheel.set(slot, deadline: deadline)
            model[slot] = (deadline, now)
            agree = wheel.deadline(of: slot) == deadline && agree
        }

        mutating func set(_ slot: Int, atLatest deadline: UInt64) {
            wheel.set(slot, atLatest: deadline)
            if let before = model[slot], before.deadline <= deadline { return }
            model[slot] = (deadline, now)
            agree = wheel.deadline(of: slot) == deadline && agree
        }

        mutating func clear(_ slot: Int) {
            wheel.clear(slot)
            model[slot] = nil
            agree = wheel.deadline(of: slot) == nil && agree
        }

        /// The next slot that expires.
        mutating func expire() -> Int? {
            guard let slot = wheel.expired(now: now) else {
                for timer in model.values { agree = max(timer.deadline, timer.setAt) + tick > now && agree }
                return nil
            }
            let timer = model.removeValue(forKey: slot)
            agree = timer != nil && timer!.deadline <= now && wheel.deadline(of: slot) == nil && agree
            expiries += 1
            return slot
        }
    }

    @Test(
        "Random deadlines, moved and cleared, expire neither early nor late", arguments: [1, 7, 10_000_000] as [UInt64])
    func random(tick: UInt64) throws {
        var random = Random()
        var pair = try Pair(tick: tick, now: .random(in: 0...tick * 10_000, using: &random))
        for round in 0..<30_000 {
            pair.now += Self.step(tick, &random)
            for _ in 0..<Int.random(in: 0...3, using: &random) { Self.change(&pair, &random) }
            // As a rule all that is due is worked off; sometimes the caller goes on with something else before.
            var most = Int.random(in: 0..<4, using: &random) == 0 ? 1 : Int.max
            while most > 0, pair.expire() != nil {
                most -= 1
                if Int.random(in: 0..<3, using: &random) == 0 { Self.change(&pair, &random) }
            }
            for slot in 0..<Self.slots where pair.wheel.deadline(of: slot) != pair.model[slot]?.deadline {
                pair.agree = false
            }
            guard pair.agree else {
                Issue.record("in round \(round), tick \(tick), seed \(random.seed)")
                return
            }
        }
        #expect(pair.expiries > 10_000, "too few expired, seed \(random.seed)")
    }

    /// How far time goes on: mostly less than some ticks, seldom many turns.
    private static func step(_ tick: UInt64, _ random: inout Random) -> UInt64 {
        switch Int.random(in: 0..<1_000, using: &random) {
        case 0: .random(in: 0...tick * turn * 12, using: &random)
        case 1..<10: .random(in: 0...tick * turn, using: &random)
        case 10..<300: 0
        default: .random(in: 0...tick * 5, using: &random)
        }
    }

    /// Clears a deadline, or sets one: past, soon, exactly on a tick, turns away.
    private static func change(_ pair: inout Pair, _ random: inout Random) {
        let slot = Int.random(in: 0..<slots, using: &random)
        let (now, tick) = (pair.now, pair.tick)
        switch Int.random(in: 0..<9, using: &random) {
        case 8: pair.set(slot, atLatest: now + .random(in: 0...tick * 8, using: &random))
        case 0: pair.clear(slot)
        case 1: pair.set(slot, deadline: .random(in: 0...now, using: &random))
        case 2: pair.set(slot, deadline: now)
        case 3: pair.set(slot, deadline: (now / tick + .random(in: 0...3, using: &random)) * tick)
        case 4: pair.set(slot, deadline: now + tick * turn * .random(in: 1...3, using: &random))
        case 5: pair.set(slot, deadline: now + .random(in: 0...tick * turn * 5, using: &random))
        default: pair.set(slot, deadline: now + .random(in: 0...tick * 8, using: &random))
        }
    }

    /// All slots that expire, in the order in which they do.
    private func expired(_ wheel: inout TimerWheel, now: UInt64) -> [Int] {
        var slots: [Int] = []
        while let slot = wheel.expired(now: now) { slots.append(slot) }
        return slots
    }

    @Test func `A jump of time over many turns finds all that is due, tick by tick, and nothing else`() throws {
        var wheel = try TimerWheel(count: Self.slots, tick: 10, now: 5)
        let turn = 10 * Self.turn
        let deadlines: [UInt64] = [5 * turn + 31, 31, turn + 31, 60, 3 * turn + 31, 9 * turn + 31, 31 + 10]
        for (slot, deadline) in deadlines.enumerated() { wheel.set(slot, deadline: deadline) }
        #expect(expired(&wheel, now: 30) == [])
        #expect(expired(&wheel, now: 6 * turn) == [1, 6, 3, 2, 4, 0])
        #expect(wheel.deadline(of: 5) == 9 * turn + 31)
        #expect(expired(&wheel, now: 9 * turn + 30) == [])
        #expect(expired(&wheel, now: 9 * turn + 41) == [5])
    }

    @Test func `Time without an expiry costs nothing, were it years: only the turns of a far deadline are looked at`()
        throws
    {
        var wheel = try TimerWheel(count: 2, tick: 1, now: 0)
        #expect(wheel.next == .max && expired(&wheel, now: 1 << 60) == [])
        wheel.set(0, deadline: 1 << 61)
        #expect(expired(&wheel, now: 1 << 61) == [] && expired(&wheel, now: 1 << 61 + 1) == [0])
        wheel.set(0, deadline: 1 << 61 + 1 << 33)
        wheel.set(1, deadline: 1 << 61 + 10)
        #expect(expired(&wheel, now: 1 << 61 + 1 << 33) == [1])
        #expect(expired(&wheel, now: 1 << 61 + 1 << 33 + 1) == [0] && wheel.next == .max)
    }

    @Test func `Who sleeps until the next look finds everything in its tick`() throws {
        var random = Random()
        var wheel = try TimerWheel(count: Self.slots, tick: 10, now: 0)
        var deadlines = (0..<Self.slots).map { _ in UInt64.random(in: 0...30 * Self.turn, using: &random) }
        for (slot, deadline) in deadlines.enumerated() { wheel.set(slot, deadline: deadline) }
        wheel.clear(3)
        deadlines[3] = .max
        var now: UInt64 = 0
        while wheel.next != .max {
            #expect(wheel.next > now, "seed \(random.seed)")
            now = wheel.next
            for slot in expired(&wheel, now: now) {
                #expect(deadlines[slot] / 10 + 1 == now / 10, "seed \(random.seed)")
                deadlines[slot] = .max
            }
        }
        #expect(deadlines.allSatisfy { $0 == .max }, "seed \(random.seed)")
    }

    @Test func `What is set anew or cleared while others of its tick expire is not met any more`() throws {
        var wheel = try TimerWheel(count: 4, tick: 10, now: 0)
        for slot in 0..<4 { wheel.set(slot, deadline: 25) }
        let first = wheel.expired(now: 100)!
        let others = (0..<4).filter { $0 != first }
        wheel.set(first, deadline: 25)
        wheel.set(others[0], deadline: 250)
        wheel.set(others[1], deadline: 25 + 10 * Self.turn)
        wheel.clear(others[2])
        #expect(expired(&wheel, now: 100) == [first], "its deadline has passed again, and no other's")
        #expect(expired(&wheel, now: 260) == [others[0]])
        #expect(expired(&wheel, now: 100 + 10 * Self.turn) == [others[1]])
    }

    @Test func `Time that stands still or goes back expires nothing`() throws {
        var wheel = try TimerWheel(count: 2, tick: 10, now: 1_000)
        wheel.set(0, deadline: 0)
        wheel.set(1, deadline: 1_000)
        #expect(expired(&wheel, now: 1_000) == [] && expired(&wheel, now: 3) == [])
        #expect(expired(&wheel, now: 1_010).sorted() == [0, 1])
    }

    @Test("The program stops when a slot is named that the wheel does not have", arguments: [-2, -1, 8, Int.max])
    func bounds(slot: Int) async {
        await #expect(processExitsWith: .trap) { [slot] in
            var wheel = try TimerWheel(count: 8, tick: 10, now: 0)
            wheel.set(slot, deadline: 100)
        }
    }
}
