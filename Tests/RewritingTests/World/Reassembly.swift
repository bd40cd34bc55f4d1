/// The bytes that a receiver has: those in order, and those that came before their predecessors. Positions count from
/// the receiver's first byte of data, 0.
struct Reassembly {
    private(set) var inOrder: [UInt8] = []
    /// Ordered and disjoint; none touches `inOrder`.
    private(set) var early: [(start: Int, bytes: [UInt8])] = []

    var next: Int { inOrder.count }

    /// Takes bytes that stand at a position; false when they contradict those already there.
    mutating func add(_ bytes: ArraySlice<UInt8>, at position: Int) -> Bool {
        var bytes = bytes
        var position = position
        if position < next {
            let known = min(next - position, bytes.count)
            guard inOrder[position..<position + known].elementsEqual(bytes.prefix(known)) else { return false }
            bytes = bytes.dropFirst(known)
            position = next
        }
        guard !bytes.isEmpty else { return true }
        guard position == next else { return keep(Array(bytes), position) }
        inOrder += bytes
        while let first = early.first, first.start <= next {
            early.removeFirst()
            let overlap = min(next - first.start, first.bytes.count)
            guard inOrder[first.start..<first.start + overlap].elementsEqual(first.bytes.prefix(overlap)) else {
                return false
            }
            inOrder += first.bytes.dropFirst(overlap)
        }
        return true
    }

    private mutating func keep(_ bytes: [UInt8], _ position: Int) -> Bool {
        var start = position
        var joined = bytes
        var others: [(start: Int, bytes: [UInt8])] = []
        for piece in early {
            if piece.start + piece.bytes.count < start || piece.start > start + joined.count {
                others.append(piece)
                continue
            }
            let from = max(piece.start, start)
            let to = min(piece.start + piece.bytes.count, start + joined.count)
            if from < to,
                !piece.bytes[from - piece.start..<to - piece.start].elementsEqual(joined[from - start..<to - start])
            {
                return false
            }
            if piece.start < start {
                joined = piece.bytes.prefix(start - piece.start) + joined
                start = piece.start
            }
            let end = start + joined.count
            if piece.start + piece.bytes.count > end {
                joined += piece.bytes.suffix(piece.start + piece.bytes.count - end)
            }
        }
        early = (others + [(start, joined)]).sorted { $0.start < $1.start }
        return true
    }
}
