import FlowTables
import TestSupport
import Testing

@testable import XDPSockets

@Suite struct FramePoolTests {
    @Test func `gives each frame once, until none is left`() throws {
        let frames = try Frames(share: 100, workers: 1)
        var pool = frames.pool(0)
        var indexes = Set<UInt32>()
        while let index = pool.take(to: .held) { #expect(indexes.insert(index).inserted) }
        #expect(indexes == Set(0..<100))
        #expect(pool.freeCount == 0 && pool.heldCount == 100)
        for index in indexes { pool.release(index, from: .held) }
        #expect(frames.table.census() == FrameAccounting(free: 100))
    }

    @Test func `agrees with a simple model over random moves`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = Random(seed: seed)
        let frames = try Frames(frameSize: 4096, share: 64, workers: 1)
        var pool = frames.pool(0)
        var places: [FrameTable.Place: [UInt32]] = [.filling: [], .held: [], .transmitting: []]
        for _ in 0..<10_000 {
            let source = [FrameTable.Place.free, .filling, .held, .transmitting].randomElement(using: &random)!
            let target = [FrameTable.Place.filling, .held, .transmitting].randomElement(using: &random)!
            if source == .free {
                if let index = pool.take(to: target) { places[target]!.append(index) }
            } else if let index = places[source]!.popLast() {
                if target == source {
                    pool.release(index, from: source)
                } else {
                    pool.move(index, from: source, to: target)
                    places[target]!.append(index)
                }
            }
            #expect(pool.heldCount == places[.held]!.count, "seed \(seed)")
            #expect(pool.freeCount == 64 - places.values.map(\.count).reduce(0, +), "seed \(seed)")
        }
        let census = frames.table.census()
        #expect(census.filling == places[.filling]!.count, "seed \(seed)")
        #expect(census.transmitting == places[.transmitting]!.count, "seed \(seed)")
        #expect(census.total == 64, "seed \(seed)")
    }

    @Test func `a frame that another worker releases goes home, and is free there when it is taken in`() throws {
        let frames = try Frames(share: 8, workers: 3)
        var home = frames.pool(1)
        var other = frames.pool(2)
        var indexes: [UInt32] = []
        while let index = home.take(to: .held) { indexes.append(index) }
        #expect(indexes.sorted() == Array(8..<16))
        for index in indexes {
            home.move(index, from: .held, to: .handedOver)
            other.adopt(index, from: .handedOver, of: 1, to: .held)
            other.release(index, from: .held)
        }
        #expect(other.returning == 8 && other.freeCount == 8 && other.heldCount == 0)
        #expect(frames.table.census(of: 2) == FrameAccounting(free: 8) + other.underWay)
        home.welcome()
        #expect(home.freeCount == 0, "not published yet")
        #expect(!other.publish(to: 0) && other.publish(to: 1) && home.hasReturns())
        home.welcome()
        #expect(home.freeCount == 8 && other.returning == 0 && !home.hasReturns())
        #expect(frames.table.census() == FrameAccounting(free: 24))
    }

    @Test func `finds the frame and the packet in an address of the kernel's`() throws {
        let frames = try Frames(share: 8, workers: 1)
        let pool = frames.pool(0)
        let frame = pool.frame(at: 5 * 2048 + 256, length: 1514)
        #expect(frame == Frame(index: 5, start: 256, length: 1514))
        #expect(pool.address(of: 5) == 5 * 2048)
        #expect(pool.index(at: 6 * 2048 - 1) == 5)
    }

    @Test func `stops the program when a frame is released twice`() async {
        await #expect(processExitsWith: .failure) {
            let frames = try Frames(share: 8, workers: 1)
            var pool = frames.pool(0)
            let index = pool.take(to: .held)!
            pool.release(index, from: .held)
            pool.release(index, from: .held)
        }
    }

    @Test func `stops the program when a worker releases a frame that is in another's hands`() async {
        await #expect(processExitsWith: .failure) {
            let frames = try Frames(share: 8, workers: 2)
            var owner = frames.pool(0)
            var other = frames.pool(1)
            other.release(owner.take(to: .held)!, from: .held)
        }
    }

    @Test func `stops the program when the kernel names a frame that it does not have`() async {
        await #expect(processExitsWith: .failure) {
            let frames = try Frames(share: 8, workers: 1)
            var pool = frames.pool(0)
            pool.release(pool.index(at: 3 * 2048), from: .transmitting)
        }
    }
}

/// A table, and the rings between the pools of several workers on it.
private struct Frames: ~Copyable {
    let table: FrameTable
    private let returns: FramePool.Returns
    private let workers: Int

    init(frameSize: Int = 2048, share: Int, workers: Int) throws {
        table = try FrameTable(frameSize: frameSize, share: share, workers: workers)
        self.workers = workers
        returns = .allocate(capacity: workers * workers)
        for ring in 0..<workers * workers { (returns + ring).initialize(to: HandOverRing(capacity: 128)) }
    }

    deinit {
        returns.deinitialize(count: workers * workers)
        returns.deallocate()
    }

    func pool(_ worker: Int) -> FramePool {
        FramePool(table: table, worker: worker, workers: workers, returns: returns)
    }
}

extension FramePool {
    /// What is on its way home, for a sum.
    fileprivate var underWay: FrameAccounting {
        var accounting = FrameAccounting()
        accounting.returning = returning
        return accounting
    }
}
