import Rewriting
import WireFormats

/// Three places for datagrams, and what is known of those that are under way.
struct Model: ~Copyable {
    private struct Datagram {
        var since: UInt64
        /// The octets that have come, by their place.
        var octets: [Int: UInt8] = [:]
    }

    private static let places = 3
    private var reassembly = try! Reassembly(capacity: Model.places)
    private var datagrams: [UInt8: Datagram] = [:]
    private var now: UInt64 = 1_000_000_000

    /// A step: its kind with the number of the datagram, the fragment's place and length, and what its octets are.
    mutating func take(_ kind: UInt8, _ place: UInt8, _ length: UInt8, _ seed: UInt8) {
        if kind & 0x80 != 0 { return pass(nanoseconds: UInt64(place) * 20_000_000) }
        let start = Int(place) * 8 * (kind & 0x10 == 0 ? 1 : 32)
        // Most often a multiple of eight, as it must be but for the last.
        let count = kind & 0x20 == 0 ? Int(length) * 8 : Int(length)
        let octets = (start..<start + count).map { UInt8(truncatingIfNeeded: $0 / 8) &+ seed & 1 }
        add(octets, at: start, isLast: kind & 4 != 0, of: kind & 3)
    }

    private mutating func pass(nanoseconds: UInt64) {
        now += nanoseconds
        let now = now
        let before = datagrams.count
        datagrams = datagrams.filter { now - $0.value.since < 2_000_000_000 }
        for _ in datagrams.count..<before { precondition(reassembly.expire(now: now), "a datagram is kept too long") }
        precondition(!reassembly.expire(now: now), "a datagram is given up before its time")
    }

    private mutating func add(_ octets: [UInt8], at start: Int, isLast: Bool, of number: UInt8) {
        var frame: [UInt8] = [UInt8](repeating: 0, count: 12) + [0x08, 0, 0x45, 0]
        let fields = UInt16(start / 8) & 0x1fff | (isLast ? 0 : 0x2000)
        for value in [UInt16(20 + octets.count), UInt16(number), fields] {
            frame += [UInt8(value >> 8), UInt8(value & 0xff)]
        }
        frame += [64, 17, 0, 0, 192, 168, 1, 10, 198, 51, 100, 9] + octets
        let bytes = frame.span.bytes
        switch reassembly.add(IPv4Packet(bytes)!, bytes, now: now) {
        case .lost: datagrams[number] = nil
        case .waits: note(octets, at: start, of: number)
        case .complete(let slot):
            note(octets, at: start, of: number)
            compare(slot, datagrams.removeValue(forKey: number)!.octets)
            reassembly.release(slot)
        }
    }

    private mutating func note(_ octets: [UInt8], at start: Int, of number: UInt8) {
        var datagram = datagrams[number] ?? Datagram(since: now)
        for (place, octet) in octets.enumerated() {
            let known = datagram.octets.updateValue(octet, forKey: start + place)
            precondition(known == nil || known == octet, "two opinions on an octet")
        }
        datagrams[number] = datagram
        precondition(datagrams.count <= Model.places, "more datagrams than there is room for")
    }

    private func compare(_ slot: Int, _ octets: [Int: UInt8]) {
        let frame = reassembly.frame(slot)
        precondition(frame.byteCount == 34 + octets.count, "a datagram with a gap, or octets behind its end")
        for (place, octet) in octets {
            let found = frame.unsafeLoad(fromByteOffset: 34 + place, as: UInt8.self)
            precondition(found == octet, "an octet that has not come")
        }
    }
}
