import FlowTables
import TestSupport
import Testing

@Suite struct BlockPoolTests {
    @Test func `Writes and moves touch the bytes that they name, and no others`() throws {
        var random = Random()
        let size = BlockPool.blockSize
        var pool = try BlockPool(count: 3)
        var model = [[UInt8]](repeating: [], count: 3)
        for _ in 0..<3 {
            let block = pool.take()!
            model[block] = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 7 + block) }
            Self.write(model[block], to: block, at: 0, &pool)
        }
        let none = pool.take()
        #expect(none == nil && pool.available == 0)
        for round in 0..<200 {
            let (block, other) = (Int.random(in: 0..<3, using: &random), Int.random(in: 0..<3, using: &random))
            // Lengths up to the whole block, and offsets so that many ranges overlap or touch an end.
            let count = [0, 1, 15, size, Int.random(in: 0...size, using: &random)].randomElement(using: &random)!
            let start = Int.random(in: 0...size - count, using: &random)
            let target = [0, size - count, Int.random(in: 0...size - count, using: &random)].randomElement(
                using: &random)!
            if round % 2 == 0 {
                pool.move(start..<start + count, of: block, to: target, of: other)
                model[other].replaceSubrange(target..<target + count, with: Array(model[block][start..<start + count]))
            } else {
                let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: count)
                Self.write(bytes, to: other, at: target, &pool)
                model[other].replaceSubrange(target..<target + count, with: bytes)
            }
            let same = (0..<3).allSatisfy { Self.read($0, 0..<size, pool) == model[$0] }
            guard same, Self.read(block, start..<start + count, pool) == Array(model[block][start..<start + count])
            else {
                Issue.record("in round \(round), seed \(random.seed)")
                return
            }
        }
    }

    @Test func `A block given back is taken again with its bytes as they were`() throws {
        var pool = try BlockPool(count: 2)
        let block = pool.take()!
        #expect(pool.available == 1)
        Self.write([1, 2, 3], to: block, at: 5, &pool)
        pool.give(block)
        #expect(pool.available == 2)
        let again = pool.take()
        #expect(again == block)
        #expect(Self.read(block, 4..<9, pool) == [0, 1, 2, 3, 0])
    }

    /// Blocks and ranges beyond a pool of two, also such that their place in memory, multiplied out, is within it again.
    private static let outside = [
        (-1, 0, 16), (2, 0, 16), (0, -1, 16), (1, 0, 16385), (1, 16384, 16385), (Int.max, 0, 16), (.min, 0, 16),
        (1 << 49, 0, 16), (1 << 50, 0, 16), (1 << 50 + 1, 0, 16), (-1 << 50, 0, 16),
    ]

    @Test("The program stops rather than read beyond a block", arguments: outside)
    func reading(block: Int, start: Int, end: Int) async {
        await #expect(processExitsWith: .trap) { [block, start, end] in
            let pool = try BlockPool(count: 2)
            _ = Self.read(block, start..<end, pool)
        }
    }

    @Test("The program stops rather than move bytes from or to beyond a block", arguments: outside)
    func moving(block: Int, start: Int, end: Int) async {
        await #expect(processExitsWith: .trap) { [block, start, end] in
            var pool = try BlockPool(count: 2)
            pool.move(start..<end, of: block, to: 0, of: 0)
        }
        await #expect(processExitsWith: .trap) { [block, start, end] in
            var pool = try BlockPool(count: 2)
            pool.move(0..<end - start, of: 0, to: start, of: block)
        }
    }

    @Test(
        "The program stops rather than write to a block that is not there", arguments: [-1, 2, 1 << 49, 1 << 50, .max])
    func writing(block: Int) async {
        await #expect(processExitsWith: .trap) { [block] in
            var pool = try BlockPool(count: 2)
            Self.write([1], to: block, at: 0, &pool)
        }
    }

    private static func read(_ block: Int, _ range: Range<Int>, _ pool: borrowing BlockPool) -> [UInt8] {
        pool.bytes(block, range).withUnsafeBytes { Array($0) }
    }

    private static func write(_ bytes: [UInt8], to block: Int, at offset: Int, _ pool: inout BlockPool) {
        var span = pool.mutableBytes(block)
        for (index, byte) in bytes.enumerated() {
            span.storeBytes(of: byte, toByteOffset: offset + index, as: UInt8.self)
        }
    }
}
