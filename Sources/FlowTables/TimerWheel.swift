import PlainMemory

/// Deadlines of numbered slots, at most one for each, on a wheel of lists: setting, changing and clearing one is a
/// matter of a few stores. Time that passes without an expiry costs one comparison, however much time it is.
///
/// Invariants: a slot is on at most one list; `links[slot].list` says which, plus one (0: none). A deadline further
/// away than one turn stays on its list, and is looked at once a turn. A list that is not empty has its bit in
/// `occupied`, and so has its word in `occupiedWords`. Nothing is to be done before the time `next`.
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
    private var occupied: Slots<UInt64>
    private var occupiedWords: UInt64 = 0
    private let tick: UInt64
    private var reached: UInt64
    /// No slot expires before this time, in nanoseconds, unless one is set that is due sooner. Whoever sleeps until
    /// then misses nothing.
    public private(set) var next = UInt64.max

    /// A wheel for `count` slots whose ticks last `tick` nanoseconds, starting at time `now`.
    public init(count: Int, tick: UInt64, now: UInt64) throws(TableError) {
        let links = try Slots<Link>(count: count + 1)
        let heads = try Slots<UInt32>(count: TimerWheel.lists + 1)
        let occupied = try Slots<UInt64>(count: TimerWheel.lists / 64)
        self.links = links
        self.heads = heads
        self.occupied = occupied
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
        link(slot &+ 1, deadline: deadline, list: TimerWheel.list(of: due))
        next = min(next, due &* tick)
    }

    /// Sets the deadline of a slot unless it has one that is not later.
    @_noLocks
    public mutating func set(_ slot: Int, atLatest deadline: UInt64) {
        if let before = self.deadline(of: slot), before <= deadline { return }
        set(slot, deadline: deadline)
    }

    /// Clears the deadline of a slot, if it has one.
    @_noLocks
    public mutating func clear(_ slot: Int) { unlink(slot &+ 1) }

    /// A slot whose deadline has passed; its deadline is cleared. Nil when there is no more.
    @_noLocks
    public mutating func expired(now: UInt64) -> Int? {
        guard now >= next else { return nil }
        reached = max(reached &+ 1, next / tick) &- 1
        while true {
            while heads[TimerWheel.lists] != 0 {
                let entry = Int(heads[TimerWheel.lists])
                let deadline = links[entry].deadline
                unlink(entry)
                if deadline / tick < reached { return entry &- 1 }
                link(entry, deadline: deadline, list: TimerWheel.list(of: deadline / tick &+ 1))
            }
            let upcoming = nextOccupied()
            guard upcoming <= now / tick else {
                reached = max(reached, now / tick)
                next = upcoming == .max ? .max : upcoming &* tick
                return nil
            }
            reached = upcoming
            move(TimerWheel.list(of: upcoming))
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

    // MARK: Lists

    /// The list that is looked at in a tick.
    @inline(__always) @_noLocks
    private static func list(of tick: UInt64) -> Int { Int(truncatingIfNeeded: tick % UInt64(lists)) }

    /// The first tick after `reached` whose list is not empty; the greatest number when all are.
    @_noLocks
    private func nextOccupied() -> UInt64 {
        guard occupiedWords != 0 else { return .max }
        let first = TimerWheel.list(of: reached &+ 1)
        let rest = occupied[first / 64] >> UInt64(first % 64)
        if rest != 0 { return reached &+ 1 &+ UInt64(rest.trailingZeroBitCount) }
        // The words after that of `first`, in turn, from bit 0 on; that of `first` comes last.
        let turned = occupiedWords >> UInt64(first / 64 &+ 1) | occupiedWords << UInt64(63 &- first / 64)
        let word = (first / 64 &+ 1 &+ turned.trailingZeroBitCount) % 64
        let list = word &* 64 &+ occupied[word].trailingZeroBitCount
        return reached &+ 1 &+ UInt64((list &- first &+ TimerWheel.lists) % TimerWheel.lists)
    }

    @_noLocks
    private mutating func link(_ entry: Int, deadline: UInt64, list: Int) {
        let head = heads[list]
        links[entry] = Link(
            deadline: deadline, next: head, previous: 0, list: UInt32(truncatingIfNeeded: list &+ 1))
        if head != 0 { links[Int(head)].previous = UInt32(truncatingIfNeeded: entry) }
        heads[list] = UInt32(truncatingIfNeeded: entry)
        guard head == 0, list < TimerWheel.lists else { return }
        occupied[list / 64] |= 1 << UInt64(list % 64)
        occupiedWords |= 1 << UInt64(list / 64)
    }

    @_noLocks
    private mutating func unlink(_ entry: Int) {
        let link = links[entry]
        guard link.list != 0 else { return }
        links[entry].list = 0
        if link.next != 0 { links[Int(link.next)].previous = link.previous }
        if link.previous != 0 {
            links[Int(link.previous)].next = link.next
        } else {
            setHead(of: Int(link.list) &- 1, to: link.next)
        }
    }

    @_noLocks
    private mutating func setHead(of list: Int, to entry: UInt32) {
        heads[list] = entry
        guard entry == 0, list < TimerWheel.lists else { return }
        occupied[list / 64] &= ~(1 << UInt64(list % 64))
        if occupied[list / 64] == 0 { occupiedWords &= ~(1 << UInt64(list / 64)) }
    }
}
