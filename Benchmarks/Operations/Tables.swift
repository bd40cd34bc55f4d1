import FlowTables
import PlainMemory
import WireFormats

/// Tables, timers and the ring between workers.
extension Operation {
    static var tables: [Operation] {
        [
            Operation(name: "index-find", mostNanoseconds: 60) {
                let table = try IndexedConversations()
                return { count in (0..<count).reduce(0) { sum, number in sum &+ table.find(number) } }
            },
            Operation(name: "index-replace", mostNanoseconds: 120) {
                let table = try IndexedConversations()
                return { count in
                    for number in 0..<count { table.replace(number) }
                    return table.find(0)
                }
            },
            Operation(name: "shared-store", mostNanoseconds: 20) {
                var table = try SharedSlots<UInt64>(count: 1_024, descriptor: -1)
                return { count in
                    for number in 0..<count { table.store(UInt64(number), at: number % 1_024) }
                    return table[count % 1_024]
                }
            },
            Operation(name: "timer-set", mostNanoseconds: 100) {
                let timers = try Timers()
                return { count in (0..<count).reduce(0) { sum, _ in sum &+ timers.setNext() } }
            },
            Operation(name: "timer-nothing-due", mostNanoseconds: 20) {
                let timers = try Timers()
                return { count in (0..<count).reduce(0) { sum, _ in sum &+ timers.expireNothing() } }
            },
            Operation(name: "timer-expire", mostNanoseconds: 200) {
                let timers = try Timers()
                return { count in (0..<count).reduce(0) { sum, _ in sum &+ timers.expireOne() } }
            },
            Operation(name: "hand-over-ring", mostNanoseconds: 50) {
                let ring = Ring()
                return { count in (0..<count).reduce(0) { sum, number in sum &+ ring.pass(number) } }
            },
        ]
    }
}

/// An index of a thousand conversations.
private final class IndexedConversations {
    private var index: FlowIndex
    private let clients = (0..<1_024).map { Endpoint(IPv4Address(0x0a00_0000 + UInt32($0) * 7), 40_000) }
    private let server = Endpoint("198.51.100.9:21")!

    init() throws {
        index = try FlowIndex(capacity: 1_024, seed: 0x5a11_7001)
        for (slot, client) in clients.enumerated() { _ = index.insert(client, server, slot: slot) }
    }

    func find(_ number: Int) -> UInt64 { UInt64(index.find(clients[number % 1_024], server) ?? 0) }

    func replace(_ number: Int) {
        index.remove(clients[number % 1_024], server)
        _ = index.insert(clients[number % 1_024], server, slot: number % 1_024)
    }
}

/// A thousand deadlines.
private final class Timers {
    private static let tick: UInt64 = 10_000_000
    private var wheel: TimerWheel
    private var now: UInt64 = 1_000_000_000
    private var number = 0

    init() throws {
        wheel = try TimerWheel(count: 1_024, tick: Timers.tick, now: now)
        for slot in 0..<1_024 { wheel.set(slot, deadline: now + UInt64(slot + 1) * Timers.tick) }
    }

    /// Moves one deadline.
    func setNext() -> UInt64 {
        number = (number + 1) % 1_024
        wheel.set(number, deadline: now &+ UInt64(number &* 3) &* Timers.tick)
        return wheel.next
    }

    /// Looks, and nothing is due.
    func expireNothing() -> UInt64 { UInt64(wheel.expired(now: now) ?? 1) }

    /// Lets a tick pass in which one slot expires, and sets that anew.
    func expireOne() -> UInt64 {
        now &+= Timers.tick
        var sum: UInt64 = 0
        while let slot = wheel.expired(now: now) {
            wheel.set(slot, deadline: now &+ 1_024 &* Timers.tick)
            sum &+= UInt64(slot)
        }
        return sum
    }
}

/// The ring, both ends of it.
private final class Ring {
    private let ring = HandOverRing<UInt64>(capacity: 1_024)

    /// Takes an element through, published and removed in batches of 32.
    func pass(_ number: Int) -> UInt64 {
        _ = ring.put(UInt64(number))
        guard number % 32 == 31 else { return 0 }
        _ = ring.publish()
        let arrived = ring.arrived(most: 64)
        var sum: UInt64 = 0
        for position in 0..<arrived { sum &+= ring.element(position) }
        ring.remove(arrived)
        return sum
    }
}
