import FlowTables
import WireFormats

/// Where segments wait that came before their predecessors: one block, a few ranges.
///
/// Invariants: while there is a range there is a block; byte n of the block is number `base + n` of the source; ranges
/// are disjoint, not ordered. What does not fit is not taken, and the source sends it again. Bytes parked first win
/// over others for the same numbers, since a receiver would keep them too.
struct Parking: BitwiseCopyable {
    private struct Place: BitwiseCopyable {
        var start = 0
        var end = 0
    }

    private var block: Int32 = -1
    private var base = SequenceNumber(0)
    private var places = [4 of Place](repeating: Place())
    private var count = 0

    @_noLocks
    init() {}

    /// Whether nothing waits.
    var isEmpty: Bool { @_noLocks get { count == 0 } }

    /// Takes the bytes of a range that stand at `position`; `next` is what the source has to send first. False when
    /// they do not fit.
    @_noLocks
    mutating func park(
        _ bytes: borrowing RawSpan, _ range: Range<Int>, at position: SequenceNumber, next: SequenceNumber,
        _ pool: inout BlockPool
    ) -> Bool {
        if block < 0 {
            guard let taken = pool.take() else { return false }
            block = Int32(truncatingIfNeeded: taken)
            base = next
        }
        let start = base.distance(to: position)
        let end = start &+ range.count
        guard start >= 0, end <= BlockPool.blockSize, count < 4 else { return false }
        for index in 0..<count where start < places[index].end && places[index].start < end {
            // An overlap is rare and may be a trick: the range that was first stays, the source repeats the other.
            return start >= places[index].start && end <= places[index].end
        }
        var target = pool.mutableBytes(Int(block))
        target.copy(bytes, range, to: start)
        places[count] = Place(start: start, end: end)
        count &+= 1
        return true
    }

    /// Moves what continues the stream at `next` into the buffer; how many bytes that were.
    @_noLocks
    mutating func unpark(at next: SequenceNumber, into buffer: inout StreamBuffer, _ pool: inout BlockPool) -> Int {
        var moved = 0
        var index = 0
        while index < count {
            let position = base.distance(to: next) &+ moved
            let place = places[index]
            guard place.start <= position else {
                index &+= 1
                continue
            }
            if place.end > position {
                let taken = buffer.append(position..<place.end, of: Int(block), &pool)
                moved &+= taken
                guard taken == place.end &- position else { return moved }
            }
            count &-= 1
            places[index] = places[count]
            index = 0
        }
        if count == 0 { release(&pool) }
        return moved
    }

    /// Forgets everything.
    @_noLocks
    mutating func release(_ pool: inout BlockPool) {
        if block >= 0 { pool.give(Int(block)) }
        self = Parking()
    }
}
