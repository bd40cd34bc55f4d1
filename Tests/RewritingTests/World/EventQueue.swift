/// What happens when: the soonest first, and in the order in which it was put in where times are equal. A binary heap.
struct EventQueue<Event> {
    private struct Entry {
        var time: UInt64
        var order: UInt64
        var event: Event

        func comes(before other: Entry) -> Bool { (time, order) < (other.time, other.order) }
    }

    private var entries: [Entry] = []
    private var order: UInt64 = 0

    mutating func add(_ event: Event, at time: UInt64) {
        entries.append(Entry(time: time, order: order, event: event))
        order += 1
        var child = entries.count - 1
        while child > 0, entries[child].comes(before: entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// When the next event happens.
    var time: UInt64? { entries.first?.time }

    mutating func next() -> (time: UInt64, event: Event)? {
        guard let first = entries.first else { return nil }
        entries[0] = entries[entries.count - 1]
        entries.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child].comes(before: entries[least]) { least = child }
            guard least != parent else { return (first.time, first.event) }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
