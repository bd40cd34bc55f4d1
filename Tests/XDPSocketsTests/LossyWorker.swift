import TestSupport
import XDPSockets

/// A worker that does everything that can go wrong, at random: skips turns, drops and keeps packets, makes its own,
/// forgets to flush, to reclaim and to refill for a while.
struct LossyWorker: ~Copyable {
    var group: SocketGroup
    /// Keeps every packet that it gets.
    var isHoarding = false
    private(set) var dropped = 0
    private(set) var own = 0
    private var kept: [Frame] = []
    private var batch = Batch()

    init(group: consuming SocketGroup) { self.group = group }

    var counters: [SocketCounters] { (0..<group.count).map { group.counters(of: $0) } }

    mutating func turn(_ random: inout Random) {
        if chance(16, &random) { return }
        if !chance(4, &random) { group.reclaim() }
        if !chance(8, &random) { group.refill() }
        while group.receive(into: &batch) > 0 {
            for position in 0..<batch.count { handle(batch[position], from: batch.socket(of: position), &random) }
        }
        while !isHoarding, kept.count > 32, let frame = kept.popLast() {
            group.transmit(frame, on: Int.random(in: 0..<group.count, using: &random))
        }
        if !chance(8, &random) { group.flush() }
    }

    private mutating func handle(_ frame: Frame, from socket: Int, _ random: inout Random) {
        if isHoarding || chance(31, &random) {
            kept.append(frame)
        } else if chance(7, &random) {
            group.release(frame)
            dropped += 1
        } else {
            group.transmit(frame, on: socket ^ 2)
        }
        if chance(53, &random), group.send(0, length: 60, on: socket) { own += 1 }
    }

    private func chance(_ one: Int, _ random: inout Random) -> Bool {
        Int.random(in: 0..<one, using: &random) == 0
    }

    /// Gives back what it has kept.
    mutating func releaseAll() {
        for frame in kept { group.release(frame) }
        kept = []
    }
}
