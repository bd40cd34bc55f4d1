import Glibc
import PlainMemory
import TestSupport
import Testing

@Suite struct SlotsTests {
    private struct Element: BitwiseCopyable, Equatable {
        var a: UInt64
        var b: UInt8
    }

    /// A file without a name.
    private struct File: ~Copyable {
        let descriptor: Int32

        init() throws {
            var name = "/tmp/sallyport-slots-XXXXXX".utf8CString.map { $0 }
            descriptor = mkstemp(&name)
            try #require(descriptor >= 0 && unlink(name) == 0)
        }

        deinit { close(descriptor) }

        var size: Int {
            var status = stat()
            fstat(descriptor, &status)
            return status.st_size
        }
    }

    /// The file as another process has it in its memory, mapped apart from the table.
    private struct Reader: ~Copyable {
        let memory: UnsafeRawBufferPointer

        init(_ file: borrowing File) throws {
            let memory = mmap(nil, file.size, PROT_READ, MAP_SHARED, file.descriptor, 0)
            try #require(memory != MAP_FAILED)
            self.memory = UnsafeRawBufferPointer(start: memory, count: file.size)
        }

        deinit { munmap(UnsafeMutableRawPointer(mutating: memory.baseAddress), memory.count) }

        func element(_ index: Int) -> Element {
            memory.load(fromByteOffset: index * MemoryLayout<Element>.stride, as: Element.self)
        }
    }

    @Test func `A second mapping of the file reads what was written, element by element`() throws {
        let file = try File()
        var slots = try Slots<Element>(count: 1_000, descriptor: file.descriptor)
        #expect(slots.count == 1_000 && file.size == 1_000 * MemoryLayout<Element>.stride)
        let reader = try Reader(file)
        for index in 0..<1_000 {
            #expect(reader.element(index) == Element(a: 0, b: 0))
            if index % 2 == 0 {
                slots[index] = Element(a: .max - UInt64(index), b: 1)
            } else {
                slots.store(Element(a: UInt64(index), b: 2), at: index)
            }
            slots[index].b += 3
        }
        for index in 0..<1_000 {
            #expect(
                reader.element(index)
                    == Element(a: index % 2 == 0 ? .max - UInt64(index) : UInt64(index), b: index % 2 == 0 ? 4 : 5))
            #expect(slots[index] == reader.element(index))
        }
    }

    @Test("A file that a killed gateway left is zeroed, whatever its length", arguments: [100, 4_096, 100_000])
    func leftover(length: Int) throws {
        let file = try File()
        let garbage = [UInt8](repeating: 0xa5, count: length)
        #expect(write(file.descriptor, garbage, length) == length)
        let slots = try Slots<UInt8>(count: 4_096, descriptor: file.descriptor)
        #expect(file.size == 4_096)
        #expect((0..<4_096).allSatisfy { slots[$0] == 0 })
    }

    @Test func `The descriptor may be closed while the table is used`() throws {
        func table() throws -> Slots<UInt64> {
            let file = try File()
            return try Slots(count: 3, descriptor: file.descriptor)
        }
        var slots = try table()
        slots[2] = 7
        let (first, last) = (slots[0], slots[2])
        #expect(first == 0 && last == 7)
    }

    @Test func `Anonymous tables are zeroed and lie apart`() throws {
        var one = try Slots<UInt32>(count: 10_000)
        let other = try Slots<UInt32>(count: 10_000)
        for index in 0..<10_000 { one[index] = UInt32(index) + 1 }
        #expect((0..<10_000).allSatisfy { other[$0] == 0 && one[$0] == UInt32($0) + 1 })
    }

    @Test func `What cannot be made says which call failed, and what to do`() throws {
        let readOnly = open("/dev/null", O_RDONLY)
        defer { close(readOnly) }
        let truncate = #expect(throws: TableError.self) { _ = try Slots<UInt64>(count: 1, descriptor: readOnly) }
        #expect(truncate?.call == "ftruncate" && truncate?.errno == EINVAL && truncate?.bytes == 8)

        let map = #expect(throws: TableError.self) { _ = try Slots<UInt64>(count: 1 << 50) }
        #expect(map?.call == "mmap" && map?.errno == ENOMEM && map?.bytes == 1 << 53)
        #expect(map?.description.contains("lower gateway.conversations") == true)
    }

    @Test("The program stops rather than touch a slot that is not there", arguments: [-1, 8, .max, .min])
    func bounds(index: Int) async {
        await #expect(processExitsWith: .trap) { [index] in
            let slots = try Slots<UInt64>(count: 8)
            _ = slots[index]
        }
        await #expect(processExitsWith: .trap) { [index] in
            var slots = try Slots<UInt64>(count: 8)
            slots[index] = 1
        }
        await #expect(processExitsWith: .trap) { [index] in
            let slots = try Slots<UInt64>(count: 8)
            slots.store(1, at: index)
        }
    }
}
