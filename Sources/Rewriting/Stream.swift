import FlowTables
import WireFormats

/// One direction of a TCP connection whose bytes are edited on the way from its source to its target. The connection
/// stays one from end to end: what the target acknowledges is what the source sees acknowledged, through the edit log.
/// Only where bytes are held does the gateway acknowledge them itself; from then on it owes them to the target, and
/// repeats them until the target has them.
///
/// Two number spaces, therefore: the source's (`next`, `acknowledged`) and the target's (`unacknowledged`, `sent`,
/// `end`, `edge`). Invariants, by sequence arithmetic:
/// - unacknowledged <= sent <= end; the buffer holds exactly the bytes from `unacknowledged` to `end` (a FIN takes a
///   number, but no byte) and, undecided, those before `next`;
/// - every byte before `acknowledged` is acknowledged by the target or still in the buffer.
///
/// What only looks is `mutating`, too, where packets pass: then it looks at the stream where it is, and not at a copy of
/// half a kilobyte.
struct Stream: BitwiseCopyable {
    /// How far the source's FIN has come.
    enum Finish: UInt8, BitwiseCopyable { case open, received, decided }

    /// What an arriving segment brought.
    enum Arrival {
        /// Neither data nor FIN.
        case empty
        /// Bytes or a FIN that continue the stream.
        case new
        /// Only what came before.
        case old
        /// It starts beyond `next`; it is parked.
        case early
        /// There was no room; the source will repeat it.
        case refused
    }

    // The source's numbers.
    /// The next number that the source has to send; everything before it is in the buffer or gone.
    private(set) var next = SequenceNumber(0)
    /// The highest acknowledgement that the source was sent.
    private(set) var acknowledged = SequenceNumber(0)

    // The target's numbers.
    /// The first number that the target has not acknowledged.
    private(set) var unacknowledged = SequenceNumber(0)
    /// The number after the last that was sent to the target.
    private(set) var sent = SequenceNumber(0)
    /// The number after the last that is decided.
    private(set) var end = SequenceNumber(0)
    /// The number after the last octet that the gateway has put in by itself, which the source repeats to nobody.
    private var inserted = SequenceNumber(0)
    private var hasInserted = false
    /// The right edge of the target's window.
    private(set) var edge = SequenceNumber(0)

    private var edits = EditLog()
    private(set) var buffer: StreamBuffer
    private var parking = Parking()
    /// How far the FIN has come.
    private(set) var finish = Finish.open

    /// The most that a segment to the target may carry, data and options (RFC 6691).
    var segmentMax = 536
    /// The shift of the target's window fields (RFC 7323).
    var windowShift: UInt8 = 0
    /// The number after the urgent data, in the source's numbers, until it is acknowledged.
    private var urgent = SequenceNumber(0)
    private var isUrgent = false
    /// The source's clock, the latest seen (RFC 7323).
    private(set) var timestamp: UInt32 = 0
    /// When the gateway repeats what it owes (nanoseconds), or 0.
    private(set) var repeatAt: UInt64 = 0
    private(set) var repeats: UInt8 = 0

    /// A stream of a service, of which nothing has come yet.
    @_noLocks
    init(_ service: Service) { buffer = StreamBuffer(service) }

    /// A stream whose source's SYN was this segment.
    @_noLocks
    init(_ service: Service, opening segment: TCPPacket) {
        buffer = StreamBuffer(service)
        timestamp = segment.options.timestamp
        next = segment.sequence.advanced(by: 1)
        acknowledged = next
        unacknowledged = next
        sent = next
        end = next
        edge = next
    }

    // MARK: From the source

    /// Takes in what a segment carries. `data` is the range of its data in `bytes`.
    @_noLocks
    mutating func receive(
        _ segment: TCPPacket, _ bytes: borrowing RawSpan, _ pool: inout BlockPool
    ) -> Arrival {
        // Not back to that of a segment that was overtaken: to the target it would be too old (RFC 7323 section 5.2).
        if segment.options.hasTimestamp, Int32(bitPattern: segment.options.timestamp &- timestamp) > 0 {
            timestamp = segment.options.timestamp
        }
        let length = segment.payload.count
        let hasFin = segment.flags.has(.fin)
        let skip = segment.sequence.distance(to: next)
        if segment.flags.has(.urg) { noteUrgent(segment.sequence.advanced(by: Int(segment.urgentPointer))) }
        guard length > 0 || hasFin else { return .empty }
        if skip < 0 {
            let parked = length == 0 || parking.park(bytes, segment.payload, at: segment.sequence, next: next, &pool)
            return parked ? .early : .refused
        }
        if finish != .open || skip > length || (skip == length && !hasFin) { return .old }
        if skip < length {
            let fresh = segment.payload.lowerBound &+ skip..<segment.payload.upperBound
            let taken = buffer.append(bytes, fresh, &pool)
            next = next.advanced(by: taken)
            if taken == 0 { return .refused }
            if taken < fresh.count { return .new }
        }
        if hasFin {
            finish = .received
            parking.release(&pool)
        } else {
            next = next.advanced(by: parking.unpark(at: next, into: &buffer, &pool))
        }
        return .new
    }

    /// Makes room where a message may need it.
    @_noLocks
    mutating func enlarge(_ pool: inout BlockPool) { buffer.enlarge(&pool) }

    /// Notes the number after urgent data. It is said again in every segment before it, until it is acknowledged.
    @_noLocks
    private mutating func noteUrgent(_ number: SequenceNumber) {
        if !isUrgent || number > urgent { urgent = number }
        isUrgent = edits.target(of: urgent, .up) > unacknowledged
    }

    /// Decides that the first bytes held go to the target as they are.
    @_noLocks
    mutating func pass(_ count: Int) {
        buffer.pass(count)
        end = end.advanced(by: count)
    }

    /// Decides that the target reads other bytes instead of the first ones held.
    @_noLocks
    mutating func replace(_ count: Int, by bytes: borrowing RawSpan, _ length: Int, _ pool: inout BlockPool) {
        edits.append(
            Edit(
                source: next.advanced(by: 0 &- buffer.held), sourceLength: count, target: end, targetLength: length))
        buffer.replace(count, by: bytes, length, &pool)
        end = end.advanced(by: length)
        // What was replaced by nothing behind all that is acknowledged needs no acknowledgement of the target's.
        edits.forget(before: unacknowledged)
    }

    /// Decides that the target reads bytes of the gateway's own before those held. False, and nothing is changed, where
    /// the FIN has been decided or there is no room.
    @_noLocks
    mutating func insert(_ bytes: borrowing RawSpan, _ pool: inout BlockPool) -> Bool {
        guard finish != .decided, buffer.insert(bytes, &pool) else { return false }
        let length = bytes.byteCount
        edits.append(
            Edit(source: next.advanced(by: 0 &- buffer.held), sourceLength: 0, target: end, targetLength: length))
        end = end.advanced(by: length)
        inserted = end
        hasInserted = true
        return true
    }

    /// Lets a FIN follow once nothing is held before it.
    @_noLocks
    mutating func finishIfDue() {
        guard finish == .received, buffer.held == 0 else { return }
        finish = .decided
        next = next.advanced(by: 1)
        end = end.advanced(by: 1)
    }

    // MARK: From the target

    /// What an acknowledgement of the target brought.
    enum Acknowledgement {
        /// It acknowledges what was never sent.
        case impossible
        /// Nothing that was not known.
        case known
        /// It acknowledges more, or moves the window.
        case news
    }

    /// Takes in an acknowledgement and window from the target.
    @_noLocks
    mutating func acknowledge(_ number: SequenceNumber, window: Int, _ pool: inout BlockPool) -> Acknowledgement {
        guard number <= sent else { return .impossible }
        guard number >= unacknowledged else { return .known }
        let edge = number.advanced(by: window)
        // A target that answers with a shut window is alive (RFC 9293 section 3.8.6.1), and is asked every minute.
        if edge == number { repeats = min(repeats, 6) }
        if number == unacknowledged, edge == self.edge { return .known }
        if number > unacknowledged {
            let count = min(unacknowledged.distance(to: number), buffer.decided)
            if count > 0 { buffer.drop(count, &pool) }
            unacknowledged = number
            if isUrgent { isUrgent = edits.target(of: urgent, .up) > number }
            edits.forget(before: number)
            if hasInserted { hasInserted = inserted > number }
            repeats = 0
            repeatAt = 0
        }
        self.edge = edge
        return .news
    }

    /// What to acknowledge to the source: what the target has, or what the gateway has taken over.
    var acknowledgement: SequenceNumber {
        @_noLocks mutating get { SequenceNumber.later(edits.source(of: unacknowledged, .down), acknowledged) }
    }

    /// The window to advertise to the source beside that acknowledgement, in octets: no more than the target's window
    /// leaves beyond what is decided and held, and no more than fits into the buffer. What is held waits for what
    /// follows it; therefore a segment may follow it even if the target's window is smaller than a line.
    var window: UInt16 {
        @_noLocks mutating get {
            let open = end.distance(to: edge) &- buffer.held
            let available = max(0, min(buffer.held > 0 ? max(open, 1460) : open, buffer.room))
            let outstanding = max(0, acknowledgement.distance(to: next))
            return UInt16(truncatingIfNeeded: min(outstanding &+ available, 65535))
        }
    }

    /// Notes that the source was sent the acknowledgement.
    @_noLocks
    mutating func didAcknowledge(_ number: SequenceNumber) {
        if number > acknowledged { acknowledged = number }
    }

    /// The target's selective acknowledgement in the source's numbers; nil when nothing of it means anything there.
    @_noLocks
    mutating func selective(_ block: TCPOptions.Block) -> TCPOptions.Block? {
        guard block.start > unacknowledged, block.end <= sent, block.start < block.end else { return nil }
        let start = edits.source(of: block.start, .up)
        let end = edits.source(of: block.end, .down)
        return start < end ? TCPOptions.Block(start: start, end: end) : nil
    }

    /// The source's number for one that the target was sent.
    @_noLocks
    mutating func source(of number: SequenceNumber) -> SequenceNumber { edits.source(of: number, .down) }

    // MARK: To the target

    /// What may be sent now that a segment of the source covering `sequence ..< sequence + length` has arrived: again
    /// what it repeats, and for the first time what is decided and within the target's window.
    @_noLocks
    mutating func due(_ sequence: SequenceNumber, _ length: Int) -> (from: SequenceNumber, to: SequenceNumber) {
        let start = SequenceNumber.later(edits.target(of: sequence, .down), unacknowledged)
        let from = SequenceNumber.earlier(start, sent)
        let again = SequenceNumber.earlier(edits.target(of: sequence.advanced(by: length), .up), sent)
        return (from, SequenceNumber.later(again, sendable))
    }

    /// The number up to which the target's window and the decisions let the stream be sent; not before `sent`. A FIN
    /// may stand just outside of the window.
    var sendable: SequenceNumber {
        @_noLocks mutating get {
            let last = finish == .decided ? end.advanced(by: -1) : end
            let limit = SequenceNumber.earlier(last, edge)
            return SequenceNumber.later(limit == last ? end : limit, sent)
        }
    }

    /// The part of the data that a segment starting at `from` may carry, and the control bits that it brings along;
    /// `to` is the end of what is to be sent, `options` the octets of options beside it. Nil when there is nothing.
    @_noLocks
    mutating func segment(
        _ from: SequenceNumber, _ to: SequenceNumber, options: Int
    ) -> (place: Range<Int>, flags: TCPFlags, urgentPointer: UInt16)? {
        let length = from.distance(to: to)
        guard length > 0 else { return nil }
        let offset = unacknowledged.distance(to: from)
        let count = min(min(length, buffer.decided &- offset), segmentMax &- options)
        var flags = TCPFlags.ack
        let last = from.advanced(by: count)
        if finish == .decided, last.advanced(by: 1) == end, last < to { flags = flags.with(.fin) }
        if last == to || flags.has(.fin), count > 0 { flags = flags.with(.psh) }
        guard count > 0 || flags.has(.fin) else { return nil }
        // Where undecided data will stand is not known yet.
        let isPlaced = isUrgent && urgent <= next.advanced(by: 0 &- buffer.held)
        let ahead = isPlaced ? from.distance(to: edits.target(of: urgent, .up)) : 0
        guard ahead > 0, ahead <= 65535 else { return (buffer.place(offset, count), flags, 0) }
        return (buffer.place(offset, count), flags.with(.urg), UInt16(truncatingIfNeeded: ahead))
    }

    /// Notes what was sent.
    @_noLocks
    mutating func didSend(to number: SequenceNumber) {
        if number > sent { sent = number }
    }

    /// Whether the target was sent a number and has not acknowledged it.
    @_noLocks
    func isInFlight(_ number: SequenceNumber) -> Bool { unacknowledged <= number && number < sent }

    /// Whether the gateway has acknowledged, or said by itself, what the target has not.
    var owes: Bool {
        @_noLocks mutating get {
            hasInserted || SequenceNumber.earlier(edits.target(of: acknowledged, .down), end) > unacknowledged
        }
    }

    /// Sets or clears the time of the next repetition; `interval` doubles each time, up to a minute (RFC 6298).
    @_noLocks
    mutating func schedule(now: UInt64) {
        guard owes else {
            repeatAt = 0
            repeats = 0
            return
        }
        if repeatAt == 0 { repeatAt = now &+ min(1_000_000_000 << UInt64(repeats), 60_000_000_000) }
    }

    /// What to repeat now that the time has come: a segment from the first unacknowledged number on, one octet of it
    /// at least, even when the window is shut (RFC 9293 section 3.8.6.1).
    @_noLocks
    mutating func repetition() -> (from: SequenceNumber, to: SequenceNumber) {
        repeats &+= 1
        repeatAt = 0
        let limit = SequenceNumber.later(SequenceNumber.later(sendable, edge), unacknowledged.advanced(by: 1))
        let to = SequenceNumber.earlier(unacknowledged.advanced(by: segmentMax), SequenceNumber.earlier(limit, end))
        return (unacknowledged, to)
    }

    /// Where a segment without data stands for the target.
    @_noLocks
    mutating func emptySegmentNumber(_ number: SequenceNumber) -> SequenceNumber {
        SequenceNumber.earlier(SequenceNumber.later(edits.target(of: number, .down), unacknowledged), sent)
    }

    /// Whether the target has acknowledged the FIN.
    var isFinished: Bool { @_noLocks mutating get { finish == .decided && unacknowledged == end } }

    /// Forgets what is in flight.
    @_noLocks
    mutating func release(_ pool: inout BlockPool) {
        buffer.release(&pool)
        parking.release(&pool)
        repeatAt = 0
    }
}
