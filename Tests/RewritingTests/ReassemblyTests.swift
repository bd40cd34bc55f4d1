import Rewriting
import TestSupport
import Testing
import WireFormats

/// Datagrams put together from fragments (RFC 791 section 3.2, RFC 815).
@Suite struct ReassemblyTests {
    private static let second: UInt64 = 1_000_000_000

    /// A part of a datagram: where it begins, and the octets there.
    private struct Fragment {
        var start: Int
        var octets: [UInt8]
        var isLast: Bool

        /// The parts of a datagram, of so many octets each, a multiple of eight.
        static func all(of datagram: [UInt8], octets: Int) -> [Fragment] {
            stride(from: 0, to: datagram.count, by: octets).map { start in
                let end = min(start + octets, datagram.count)
                return Fragment(start: start, octets: Array(datagram[start..<end]), isLast: end == datagram.count)
            }
        }

        func frame(number: UInt16) -> [UInt8] {
            let fields = UInt16(start / 8) | (isLast ? 0 : 0x2000)
            var bytes = [UInt8](repeating: 2, count: 12) + [0x08, 0, 0x45, 0] + [UInt8](repeating: 0, count: 6)
            bytes += [64, 17, 0, 0, 192, 168, 1, 10, 198, 51, 100, 9] + octets
            put(UInt16(20 + octets.count), into: &bytes, at: 16)
            put(number, into: &bytes, at: 18)
            put(fields, into: &bytes, at: 20)
            put(~onesSum(bytes, 14..<34), into: &bytes, at: 24)
            return bytes
        }
    }

    /// What comes of fragments in this order: `complete` with the datagram that they make.
    private enum Result: Equatable {
        case waits, lost
        case complete([UInt8])
    }

    /// What is tested, where a test may ask it within an expectation.
    private final class Room {
        private var reassembly: Rewriting.Reassembly

        init(datagrams: Int) throws { reassembly = try Rewriting.Reassembly(capacity: datagrams) }

        func add(_ fragment: Fragment, number: UInt16 = 1, now: UInt64 = second) throws -> Result {
            let bytes = fragment.frame(number: number)
            let packet = IPv4Packet(bytes.span.bytes)
            switch reassembly.add(try #require(packet), bytes.span.bytes, now: now) {
            case .waits: return .waits
            case .lost: return .lost
            case .complete(let slot):
                let octets = reassembly.whole(slot)
                reassembly.release(slot)
                #expect(onesSum(octets, 14..<34) == 0xffff, "the checksum of the header")
                let whole = IPv4Packet(octets.span.bytes)
                let datagram = try #require(whole)
                #expect(!datagram.isFragment && datagram.source == IPv4Address(192, 168, 1, 10))
                return .complete(Array(octets[datagram.payload]))
            }
        }

        func expire(now: UInt64) -> Bool { reassembly.expire(now: now) }
    }

    @Test func `in any order, with any repetitions, and among those of others, a datagram comes out whole`() throws {
        var random = Random()
        for _ in 0..<200 {
            let room = try Room(datagrams: 3)
            let datagrams = (0..<3).map { _ in random.bytes(random.number(1...3000)) }
            var fragments: [(number: Int, Fragment)] = []
            for (number, datagram) in datagrams.enumerated() {
                let all = Fragment.all(of: datagram, octets: 8 * random.number(1...60))
                fragments += all.map { (number, $0) }
                fragments += all.filter { _ in random.once(in: 4) }.map { (number, $0) }
            }
            fragments.shuffle(using: &random)
            var whole = Set<Int>()
            for (number, fragment) in fragments where !whole.contains(number) {
                let result = try room.add(fragment, number: UInt16(number))
                guard case .complete(let octets) = result else {
                    #expect(result == .waits, "seed \(random.seed)")
                    continue
                }
                #expect(octets == datagrams[number], "seed \(random.seed)")
                whole.insert(number)
            }
            #expect(whole.count == 3, "seed \(random.seed)")
        }
    }

    @Test func `the longest datagram comes whole, the last fragment first; a longer one is lost`() throws {
        let room = try Room(datagrams: 1)
        let datagram = (0..<65515).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let fragments = Array(Fragment.all(of: datagram, octets: 1480).reversed())
        for fragment in fragments.dropLast() { #expect(try room.add(fragment) == .waits) }
        #expect(try room.add(#require(fragments.last)) == .complete(datagram))
        let beyond = Fragment(start: 65512, octets: [1, 2, 3, 4], isLast: true)
        #expect(try room.add(beyond) == .lost)
    }

    @Test func `octets that come twice, and differ, end the datagram (RFC 5722)`() throws {
        let room = try Room(datagrams: 1)
        let zeros = [UInt8](repeating: 0, count: 16)
        #expect(try room.add(Fragment(start: 0, octets: zeros, isLast: false)) == .waits)
        #expect(try room.add(Fragment(start: 0, octets: zeros, isLast: false)) == .waits)
        let other = Fragment(start: 8, octets: [UInt8](repeating: 1, count: 8), isLast: false)
        #expect(try room.add(other) == .lost)
        #expect(!room.expire(now: 100 * Self.second), "its room is free")
    }

    @Test func `nothing is behind the end, whichever of the two comes first`() throws {
        let first = Fragment(start: 0, octets: zeros(8), isLast: false)
        let last = Fragment(start: 16, octets: zeros(8), isLast: true)
        let beyond = Fragment(start: 24, octets: zeros(8), isLast: false)
        for order in [[first, beyond, last], [first, last, beyond], [beyond, last], [last, beyond]] {
            let room = try Room(datagrams: 1)
            let results = try order.map { try room.add($0) }
            #expect(results.last == .lost && results.dropLast().allSatisfy { $0 == .waits })
        }
        let room = try Room(datagrams: 1)
        _ = try room.add(last)
        #expect(try room.add(Fragment(start: 16, octets: zeros(12), isLast: true)) == .lost)
    }

    @Test func `fragments that nobody sends are lost: without octets, or in the middle not of eight each`() throws {
        let room = try Room(datagrams: 1)
        #expect(try room.add(Fragment(start: 8, octets: [], isLast: true)) == .lost)
        #expect(try room.add(Fragment(start: 8, octets: zeros(12), isLast: false)) == .lost)
    }

    @Test func `what is not whole after two seconds is given up, and makes room`() throws {
        let room = try Room(datagrams: 2)
        let fragments = Fragment.all(of: zeros(16), octets: 8)
        #expect(try room.add(fragments[1], number: 1) == .waits)
        #expect(try room.add(fragments[0], number: 2) == .waits)
        #expect(try room.add(fragments[1], number: 3) == .lost, "no room")
        #expect(try room.add(fragments[0], number: 1, now: 3 * Self.second - 1) == .complete(zeros(16)))
        #expect(!room.expire(now: 3 * Self.second - 1))
        #expect(room.expire(now: 3 * Self.second) && !room.expire(now: 3 * Self.second))
        #expect(try room.add(fragments[1], number: 2, now: 3 * Self.second) == .waits)
    }

    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}

extension Rewriting.Reassembly {
    /// A complete datagram.
    fileprivate func whole(_ slot: Int) -> [UInt8] {
        let bytes = frame(slot)
        return (0..<bytes.byteCount).map { bytes.octet(at: $0) }
    }
}
