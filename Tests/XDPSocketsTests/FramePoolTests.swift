import Testing

@testable import XDPSockets

@Suite struct FramePoolTests {
    @Test func `gives each frame once, until none is left`() throws {
        var pool = try FramePool(frameSize: 2048, frameCount: 100)
        var indexes = Set<UInt32>()
        while let index = pool.take(to: .held) { #expect(indexes.insert(index).inserted) }
        #expect(indexes == Set(0..<100))
        #expect(pool.freeCount == 0 && pool.heldCount == 100)
        for index in indexes { pool.release(index, from: .held) }
        #expect(pool.census() == FrameAccounting(free: 100))
    }

    @Test func `agrees with a simple model over random moves`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        var pool = try FramePool(frameSize: 4096, frameCount: 64)
        var places: [FramePool.Place: [UInt32]] = [.filling: [], .held: [], .transmitting: []]
        for _ in 0..<10_000 {
            let source = [FramePool.Place.free, .filling, .held, .transmitting].randomElement(using: &random)!
            let target = [FramePool.Place.filling, .held, .transmitting].randomElement(using: &random)!
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
        let census = pool.census()
        #expect(census.filling == places[.filling]!.count, "seed \(seed)")
        #expect(census.transmitting == places[.transmitting]!.count, "seed \(seed)")
        #expect(census.total == 64, "seed \(seed)")
    }

    @Test func `finds the frame and the packet in an address of the kernel's`() throws {
        let pool = try FramePool(frameSize: 2048, frameCount: 8)
        let frame = pool.frame(at: 5 * 2048 + 256, length: 1514)
        #expect(frame == Frame(index: 5, start: 256, length: 1514))
        #expect(pool.address(of: 5) == 5 * 2048)
        #expect(pool.index(at: 6 * 2048 - 1) == 5)
    }

    @Test func `stops the program when a frame is released twice`() async {
        await #expect(processExitsWith: .failure) {
            var pool = try FramePool(frameSize: 2048, frameCount: 8)
            let index = pool.take(to: .held)!
            pool.release(index, from: .held)
            pool.release(index, from: .held)
        }
    }

    @Test func `stops the program when the kernel names a frame that it does not have`() async {
        await #expect(processExitsWith: .failure) {
            var pool = try FramePool(frameSize: 2048, frameCount: 8)
            pool.release(pool.index(at: 3 * 2048), from: .transmitting)
        }
    }
}
