import PlainMemory

/// Deadlines of numbered slots, at most one for each, on a wheel of lists: setting, changing and clearing one is a
/// matter of a few stores, and time that passes without an expiry costs a look at one list head a tick.
///
/// Invariants: a slot is on at most one list; `links[slot].list` says which, plus one (0: none). A deadline further
/// away than one turn stays on its list, and is looked at once a turn.
public struct TimerWheel: ~Copyable {
    struct Link: BitwiseCopyable {
        var deadline: UInt64
        var next: UInt32
        var previous: UInt32
        var list: UInt32
    }

    /// The lists of the wheel, and one more for those due in the tick being worked off.
    private static var lists: Int {
        @inline(__always) @_noLocks get { 4096 }
    }
    private var links: Slots<Link>
    private var heads: Slots<UInt32>
    private let tick: UInt64
    private var reached: UInt64

    /// A wheel for `count` slots whose ticks last `tick` nanoseconds, starting at time `now`.
    public init(count: Int, tick: UInt64, now: UInt64) throws(TableError) {
        let links = try Slots<Link>(count: count + 1)
        let heads = try Slots<UInt32>(count: TimerWheel.lists + 1)
        self.links = links
        self.heads = heads
        self.tick = tick
        reached = now / tick
    }

    /// The deadline of a slot in nanoseconds, or nil.
    @_noLocks
    public func deadline(of slot: Int) -> UInt64? {
        links[slot &+ 1].list == 0 ? nil : links[slot &+ 1].deadline
    }

    /// Sets or moves the deadline of a slot. It expires at the first tick after the deadline, or, if that has been worked
    /// off, at the next one.
    @_noLocks
    public mutating func set(_ slot: Int, deadline: UInt64) {
        precondition(slot >= 0, "slot out of range")
        clear(slot)
        let due = max(deadline / tick &+ 1, reached &+ 1)
        link(slot &+ 1, deadline: deadline, list: Int(truncatingIfNeeded: due % UInt64(TimerWheel.lists)))
    }

    /// Clears the deadline of a slot, if it has one.
    @_noLocks
    public mutating func clear(_ slot: Int) { unlink(slot &+ 1) }

    /// A slot whose deadline has passed; its deadline is cleared. Nil when there is no more.
    @_noLocks
    public mutating func expired(now: UInt64) -> Int? {
        while true {
            while heads[TimerWheel.lists] != 0 {
                let entry = Int(heads[TimerWheel.lists])
                let deadline = links[entry].deadline
                unlink(entry)
                if deadline / tick < reached { return entry &- 1 }
                link(
                    entry, deadline: deadline,
                    list: Int(truncatingIfNeeded: (deadline / tick &+ 1) % UInt64(TimerWheel.lists)))
            }
            guard reached < now / tick else { return nil }
            reached &+= 1
            move(Int(truncatingIfNeeded: reached % UInt64(TimerWheel.lists)))
        }
    }

    /// Puts the entries of a list onto the list of those being worked off, so that a slot set anew meanwhile is not
    /// met twice.
    @_noLocks
    private mutating func move(_ list: Int) {
        while heads[list] != 0 {
            let entry = Int(heads[list])
            let deadline = links[entry].deadline
            unlink(entry)
            link(entry, deadline: deadline, list: TimerWheel.lists)
        }
    }

    @_noLocks
    private mutating func link(_ entry: Int, deadline: UInt64, list: Int) {
        let head = heads[list]
        links[entry] = Link(
            deadline: deadline, next: head, previous: 0, list: UInt32(truncatingIfNeeded: list &+ 1))
        if head != 0 { links[Int(head)].previous = UInt32(truncatingIfNeeded: entry) }
        heads[list] = UInt32(truncatingIfNeeded: entry)
    }

    @_noLocks
    private mutating func unlink(_ entry: Int) {
        let link = links[entry]
        guard link.list != 0 else { return }
        if link.previous != 0 {
            links[Int(link.previous)].next = link.next
        } else {
            heads[Int(link.list) &- 1] = link.next
        }
        if link.next != 0 { links[Int(link.next)].previous = link.previous }
        links[entry].list = 0
    }
}
