import FlowTables
import PlainMemory
import WireFormats

/// Datagrams that come in fragments, in whatever order, until they are whole (RFC 791 section 3.2, RFC 815): bounded in
/// number and time.
///
/// Invariants: of each slot that is not free, `units` has a bit for every eight octets that have come, `received` says how
/// many octets these are, and none is behind `end`. Octets that come twice with the same content are a repetition, and
/// change nothing; with other content they end the datagram: nobody honest sends them, and what they mean is a matter of
/// opinion (RFC 5722, RFC 1858).
@safe
public struct Reassembly: ~Copyable {
    /// Whose a datagram is.
    struct Key: BitwiseCopyable {
        var source = IPv4Address(0)
        var destination = IPv4Address(0)
        var identification: UInt16 = 0

        /// Of the datagram that a fragment is part of.
        @_noLocks
        init(_ packet: IPv4Packet, _ frame: borrowing RawSpan) {
            source = packet.source
            destination = packet.destination
            identification = frame.number16(at: packet.offset &+ 4)
        }

        @_noLocks
        init() {}

        @_noLocks
        static func == (left: Key, right: Key) -> Bool {
            left.source == right.source && left.destination == right.destination
                && left.identification == right.identification
        }
    }

    /// A datagram under way; not private, because the compiler (6.3) breaks on that in a generic table of other files.
    struct Pending: BitwiseCopyable {
        var key = Key()
        /// When the fragment that began it came, in nanoseconds; 0 while the slot is free.
        var since: UInt64 = 0
        /// Octets of the IP payload that have come.
        var received = 0
        /// Where the farthest of them ends.
        var end = 0
        /// Whether that is the end of the datagram, because the last fragment has come.
        var endIsKnown = false

        @_noLocks
        init() {}
    }

    /// What became of a fragment.
    public enum Outcome {
        /// It waits for others.
        case waits
        /// It completes its datagram, which stands in the slot until `release`.
        case complete(Int)
        /// It is lost, and its datagram with it.
        case lost
    }

    /// How long the fragments of a datagram may take (RFC 6146 section 4: 2 seconds at least).
    private static var patience: UInt64 { @_noLocks get { 2_000_000_000 } }
    /// Room of a slot: an Ethernet header and the longest IP packet.
    private static var room: Int { @_noLocks get { 14 &+ 65535 } }
    private static var header: Int { @_noLocks get { 14 &+ 20 } }
    /// Words of 64 bits, one bit for eight octets of 65,535.
    private static var words: Int { @_noLocks get { 128 } }

    private var pending: Slots<Pending>
    private var units: Slots<UInt64>
    private var memory: Slots<UInt8>

    /// Room for so many datagrams at a time.
    public init(capacity: Int) throws(TableError) {
        let pending = try Slots<Pending>(count: capacity)
        let units = try Slots<UInt64>(count: capacity * 128)
        let memory = try Slots<UInt8>(count: capacity * (14 + 65535))
        self.pending = pending
        self.units = units
        self.memory = memory
    }

    /// Gives up a datagram whose time is over; false when there is none (more).
    @_noLocks
    public mutating func expire(now: UInt64) -> Bool {
        for slot in 0..<pending.count where pending[slot].since != 0 && isOver(slot, now: now) {
            release(slot)
            return true
        }
        return false
    }

    @_noLocks
    private func isOver(_ slot: Int, now: UInt64) -> Bool { now &- pending[slot].since >= Reassembly.patience }

    /// Frees a slot.
    @_noLocks
    public mutating func release(_ slot: Int) { pending[slot].since = 0 }

    /// Takes a fragment, at a time in nanoseconds, not 0.
    @_noLocks
    public mutating func add(_ packet: IPv4Packet, _ frame: borrowing RawSpan, now: UInt64) -> Outcome {
        guard let slot = slot(of: Key(packet, frame), now: now) else { return .lost }
        let fields = frame.number16(at: packet.offset &+ 6)
        let start = Int(fields & 0x1fff) &* 8
        let count = packet.payload.count
        let end = start &+ count
        let isLast = fields & 0x2000 == 0
        // All but the last carry a multiple of eight octets.
        guard count > 0, isLast || count % 8 == 0, 20 &+ end <= 65535 else { return lose(slot) }
        if isRepetition(slot, start, packet, frame) { return .waits }
        // Nothing is behind the end.
        guard !isLast || end >= pending[slot].end, !pending[slot].endIsKnown || end <= pending[slot].end,
            mark(slot, start, count)
        else { return lose(slot) }
        let base = slot &* Reassembly.room
        let target = base &+ Reassembly.header &+ start
        for index in 0..<count { memory[target &+ index] = frame.octet(at: packet.payload.lowerBound &+ index) }
        if start == 0 { writeHeader(packet, frame, base) }
        pending[slot].received &+= count
        pending[slot].end = max(pending[slot].end, end)
        if isLast { pending[slot].endIsKnown = true }
        guard pending[slot].endIsKnown, pending[slot].received == pending[slot].end else { return .waits }
        finishHeader(pending[slot].end, base)
        return .complete(slot)
    }

    /// The slot of a datagram, which begins with this if it is not known; nil when there is no room.
    @_noLocks
    private mutating func slot(of key: Key, now: UInt64) -> Int? {
        var free: Int?
        for slot in 0..<pending.count {
            if pending[slot].since == 0 {
                free = free ?? slot
            } else if pending[slot].key == key, !isOver(slot, now: now) {
                return slot
            }
        }
        guard let free else { return nil }
        pending[free] = Pending()
        pending[free].key = key
        pending[free].since = now
        for word in 0..<Reassembly.words { units[free &* Reassembly.words &+ word] = 0 }
        return free
    }

    @_noLocks
    private mutating func lose(_ slot: Int) -> Outcome {
        release(slot)
        return .lost
    }

    /// Whether all octets of a fragment, which begin at an offset of the datagram, have come before, the same.
    @_noLocks
    private func isRepetition(_ slot: Int, _ start: Int, _ packet: IPv4Packet, _ frame: borrowing RawSpan) -> Bool {
        let target = slot &* Reassembly.room &+ Reassembly.header &+ start
        for index in 0..<packet.payload.count
        where !hasCome(slot, (start &+ index) / 8)
            || memory[target &+ index] != frame.octet(at: packet.payload.lowerBound &+ index)
        { return false }
        return true
    }

    /// Whether eight octets of a datagram have come.
    @_noLocks
    private func hasCome(_ slot: Int, _ unit: Int) -> Bool {
        units[slot &* Reassembly.words &+ unit / 64] >> UInt64(truncatingIfNeeded: unit % 64) & 1 == 1
    }

    /// Notes which octets have come; false if any of them had.
    @_noLocks
    private mutating func mark(_ slot: Int, _ start: Int, _ count: Int) -> Bool {
        for unit in start / 8..<(start &+ count &+ 7) / 8 {
            guard !hasCome(slot, unit) else { return false }
            units[slot &* Reassembly.words &+ unit / 64] |= UInt64(1) &<< UInt64(truncatingIfNeeded: unit % 64)
        }
        return true
    }

    /// An Ethernet header that says IPv4, and the first fragment's IPv4 header without options.
    @_noLocks
    private mutating func writeHeader(_ packet: IPv4Packet, _ frame: borrowing RawSpan, _ base: Int) {
        for index in 0..<12 { memory[base &+ index] = 0 }
        memory[base &+ 12] = 0x08
        memory[base &+ 13] = 0
        for index in 0..<20 { memory[base &+ 14 &+ index] = frame.octet(at: packet.offset &+ index) }
        memory[base &+ 14] = 0x45
    }

    /// What is different in the header of a whole packet: length, no fragment, checksum.
    @_noLocks
    private mutating func finishHeader(_ payload: Int, _ base: Int) {
        let length = 20 &+ payload
        memory[base &+ 16] = UInt8(truncatingIfNeeded: length >> 8)
        memory[base &+ 17] = UInt8(truncatingIfNeeded: length)
        for index in 0..<2 {
            memory[base &+ 20 &+ index] = 0
            memory[base &+ 24 &+ index] = 0
        }
        var sum: UInt32 = 0
        for index in 0..<10 {
            sum &+= UInt32(memory[base &+ 14 &+ 2 &* index]) << 8 | UInt32(memory[base &+ 15 &+ 2 &* index])
        }
        sum = (sum & 0xffff) &+ (sum >> 16)
        sum = ~((sum & 0xffff) &+ (sum >> 16))
        memory[base &+ 24] = UInt8(truncatingIfNeeded: sum >> 8)
        memory[base &+ 25] = UInt8(truncatingIfNeeded: sum)
    }

    /// A complete datagram as a frame.
    ///
    /// Exempt from `@_noLocks`, and so must be whoever holds the span; see `BlockPool.bytes`.
    @_semantics("no_performance_analysis") @_lifetime(borrow self)
    public func frame(_ slot: Int) -> RawSpan {
        precondition(slot >= 0 && slot < pending.count, "slot out of range")
        // Safe: the slot's own memory; the span cannot outlive the table that it borrows.
        return unsafe _overrideLifetime(
            RawSpan(
                _unsafeStart: UnsafeRawPointer(memory.base + slot * Reassembly.room),
                byteCount: Reassembly.header + pending[slot].end), borrowing: self)
    }
}
