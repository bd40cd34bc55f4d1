import TestSupport
import WireFormats

/// One direction of the network between a host and the gateway: it loses, doubles, delays, reorders and corrupts
/// frames, and may hold a middle box that cuts segments to pieces and joins them.
struct Cable {
    var loss = 0.0
    var duplication = 0.0
    var reordering = 0.0
    var corruption = 0.0
    var splitting = 0.0
    var joining = 0.0
    /// Nanoseconds.
    var delay: UInt64 = 1_000_000
    var jitter: UInt64 = 0

    /// A segment kept for the next one to be joined to it.
    private var kept: Segment?

    init() {}

    /// Some network, a good one or a bad one.
    static func random(_ random: inout Random) -> Cable {
        var cable = Cable()
        let isBad = random.chance(0.6)
        cable.loss = isBad ? random.one(of: [0, 0.02, 0.1, 0.25]) : 0
        cable.duplication = isBad ? random.one(of: [0, 0.05, 0.2]) : 0
        cable.reordering = isBad ? random.one(of: [0, 0.05, 0.3]) : 0
        cable.corruption = isBad ? random.one(of: [0, 0, 0.05]) : 0
        cable.splitting = random.one(of: [0, 0, 0.3])
        cable.joining = random.one(of: [0, 0, 0.3])
        cable.delay = UInt64(random.number(100_000...60_000_000))
        cable.jitter = random.one(of: [0, 1_000_000])
        return cable
    }

    /// What arrives of a segment, and when.
    mutating func carry(_ segment: Segment, _ random: inout Random, now: UInt64) -> [(time: UInt64, frame: [UInt8])] {
        var arrivals: [(time: UInt64, frame: [UInt8])] = []
        for piece in passMiddleBox(segment, &random) {
            let frame = piece.frame
            if !random.chance(loss) { arrivals.append((arrival(&random, now), frame)) }
            if random.chance(duplication) { arrivals.append((arrival(&random, now) + delay / 2, frame)) }
            if random.chance(corruption) { arrivals.append((arrival(&random, now), corrupted(frame, &random))) }
        }
        return arrivals
    }

    private func arrival(_ random: inout Random, _ now: UInt64) -> UInt64 {
        var time = now + delay
        if jitter > 0 { time += random.next() % jitter }
        if random.chance(reordering) { time += random.next() % (4 * delay) }
        return time
    }

    private mutating func passMiddleBox(_ segment: Segment, _ random: inout Random) -> [Segment] {
        if let first = kept {
            kept = nil
            guard let joined = join(first, segment) else { return [first, segment] }
            return [joined]
        }
        if segment.data.count > 1, random.chance(splitting) {
            return split(segment, random.number(1...segment.data.count - 1))
        }
        if !segment.data.isEmpty, segment.flags.rawValue & 0x27 == 0, random.chance(joining) {
            // What is kept when nothing follows is lost, and repeated.
            kept = segment
            return []
        }
        return [segment]
    }

    private func split(_ segment: Segment, _ count: Int) -> [Segment] {
        var first = segment
        var second = segment
        first.data = Array(segment.data.prefix(count))
        first.flags = segment.flags.without(.fin).without(.psh)
        second.data = Array(segment.data.dropFirst(count))
        second.sequence = segment.sequence &+ UInt32(count)
        if segment.flags.has(.urg) {
            if Int(segment.urgentPointer) <= count {
                second.flags = second.flags.without(.urg)
                second.urgentPointer = 0
            } else {
                second.urgentPointer -= UInt16(count)
            }
        }
        return [first, second]
    }

    private func join(_ first: Segment, _ second: Segment) -> Segment? {
        guard second.sequence == first.sequence &+ UInt32(first.data.count), !second.data.isEmpty,
            second.flags.rawValue & 0x26 == 0, first.data.count + second.data.count <= 536 - 40,
            second.options.selective.isEmpty
        else { return nil }
        var joined = second
        joined.sequence = first.sequence
        joined.data = first.data + second.data
        return joined
    }

    /// Some bits flipped, such that the checksum shows it.
    private func corrupted(_ frame: [UInt8], _ random: inout Random) -> [UInt8] {
        var frame = frame
        frame[random.number(34...frame.count - 1)] ^= UInt8(1 << random.number(0...7))
        return frame
    }
}
