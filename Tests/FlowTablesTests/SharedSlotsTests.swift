import Foundation
import PlainMemory
import Synchronization
import TestSupport
import Testing

@Suite struct SharedSlotsTests {
    /// An element of which every word is the same, unless it is torn.
    private struct Element: BitwiseCopyable {
        var words: [64 of UInt64]
        var isWhole: Bool { (1..<64).allSatisfy { words[$0] == words[0] } }
    }

    /// A file without a name, which a table and its readers map apart, as two processes do.
    private final class File: Sendable {
        let descriptor: Int32

        init() throws {
            var name = "/tmp/sallyport-shared-XXXXXX".utf8CString.map { $0 }
            descriptor = mkstemp(&name)
            try #require(descriptor >= 0 && unlink(name) == 0)
        }

        deinit { close(descriptor) }
    }

    @Test func `A reader never sees half of a change, however much the writer writes`() throws {
        let file = try File()
        var table = try SharedSlots<Element>(count: 2, descriptor: file.descriptor)
        let reader = try Reader(file.descriptor)
        // The writer goes on until the reader has seen enough, by turns with the element that is read and the other;
        // each word is a change of its own.
        var round: UInt64 = 0
        while !reader.hasEnough {
            round += 1
            let index = Int(round % 2)
            table.beginChange(of: index)
            for word in 0..<64 { table[index].words[word] = round }
            table.endChange(of: index)
        }
        let seen = reader.finish()
        #expect(seen.torn == 0 && seen.unreadable == 0)
        #expect(seen.distinct > 10, "the reader met too few of \(round) changes")
    }

    /// A thread that copies the element again and again.
    private final class Reader: Sendable {
        struct Seen {
            var copies = 0, torn = 0, unreadable = 0, distinct = 0
        }

        private let seen = Mutex(Seen())
        private let enough = Atomic(false)
        private let done = DispatchSemaphore(value: 0)

        init(_ descriptor: Int32) throws {
            let copy = dup(descriptor)
            Thread { [self] in
                read(copy)
                close(copy)
                done.signal()
            }.start()
        }

        var hasEnough: Bool { enough.load(ordering: .relaxed) }

        func finish() -> Seen {
            done.wait()
            return seen.withLock { $0 }
        }

        private func read(_ descriptor: Int32) {
            defer { enough.store(true, ordering: .relaxed) }
            guard let table = try? SharedSlots<Element>(reading: descriptor) else { return }
            var seen = Seen()
            var last: UInt64 = 0
            while seen.copies < 20_000 || (seen.distinct <= 10 && seen.copies < 10_000_000) {
                seen.copies += 1
                guard let element = table.copy(1) else {
                    seen.unreadable += 1
                    break
                }
                if !element.isWhole { seen.torn += 1 }
                if element.words[0] != last { seen.distinct += 1 }
                last = element.words[0]
            }
            self.seen.withLock { $0 = seen }
        }
    }

    @Test func `An element whose writer stopped in the midst of a change cannot be read, and the others can`() throws {
        let file = try File()
        var table = try SharedSlots<UInt64>(count: 3, descriptor: file.descriptor)
        for index in 0..<3 { table.store(UInt64(index) + 7, at: index) }
        table.beginChange(of: 1)
        table[1] = 0
        let reader = try SharedSlots<UInt64>(reading: file.descriptor)
        #expect(reader.count == 3)
        #expect(reader.copy(0) == 7 && reader.copy(1) == nil && reader.copy(2) == 9)
        table.endChange(of: 1)
        #expect(reader.copy(1) == 0)
    }

    @Test("The number does not lie in the element, whatever the element's alignment", arguments: [1, 2])
    func layout(count: Int) throws {
        let file = try File()
        func check<Value: BitwiseCopyable & Equatable>(_ values: [Value]) throws {
            var table = try SharedSlots<Value>(count: count, descriptor: file.descriptor)
            for index in 0..<count { table.store(values[index], at: index) }
            let reader = try SharedSlots<Value>(reading: file.descriptor)
            #expect((0..<count).allSatisfy { reader.copy($0) == values[$0] && table[$0] == values[$0] })
        }
        try check([UInt8.max, 3])
        try check([UInt16.max, 3])
        try check([UInt64.max, 3])
        try check([UInt128.max, 3])
    }

    @Test("The program stops rather than touch a slot that is not there", arguments: [-1, 2, .max])
    func bounds(index: Int) async {
        await #expect(processExitsWith: .trap) { [index] in
            let table = try SharedSlots<UInt64>(count: 2, descriptor: -1)
            _ = table[index]
        }
        await #expect(processExitsWith: .trap) { [index] in
            var table = try SharedSlots<UInt64>(count: 2, descriptor: -1)
            table.store(1, at: index)
        }
    }
}
