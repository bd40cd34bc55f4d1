import FlowTables
import WireFormats

/// Both directions of an edited TCP connection, for any protocol above it. Between `take` and `respond` the protocol
/// decides what becomes of the bytes held in a stream: pass, replace, or wait.
///
/// `streams[side]` is the stream whose source is on that side. Invariant: whatever is sent toward a side carries the
/// acknowledgement and window of that side's stream, and the stream is told so.
struct EditedConnection: BitwiseCopyable {
    /// What the SYN offered, until the answer says what counts (RFC 7323 sections 1.3 and 3.2).
    private struct Offer: BitwiseCopyable {
        var segmentMax = 0
        var windowShift: UInt8 = 0
        var scales = false
        var hasTimestamps = false

        @_noLocks
        init() {}
    }

    /// What is said over it.
    let service: Service
    var streams: [2 of Stream]
    private var offer = Offer()
    private var hasTimestamps = false

    /// A connection to a port of a service.
    @_noLocks
    init(_ service: Service) {
        self.service = service
        streams = [2 of Stream](repeating: Stream(service))
    }

    // MARK: Opening

    /// Notes the SYN of a side.
    @_noLocks
    mutating func open(by side: Side, _ segment: TCPPacket) {
        let own = Int(side.rawValue)
        streams[own] = Stream(service, opening: segment)
        offer.segmentMax = Int(segment.options.maximumSegment)
        offer.windowShift = segment.options.windowShift ?? 0
        offer.scales = segment.options.windowShift != nil
        offer.hasTimestamps = segment.options.hasTimestamp
    }

    /// Notes the SYN-ACK of the other side. The window of a SYN is never scaled (RFC 7323 section 2.2).
    @_noLocks
    mutating func answer(by side: Side, _ segment: TCPPacket, _ pool: inout BlockPool) {
        let own = Int(side.rawValue)
        let other = Int(side.other.rawValue)
        let scales = offer.scales && segment.options.windowShift != nil
        hasTimestamps = offer.hasTimestamps && segment.options.hasTimestamp
        streams[own] = Stream(service, opening: segment)
        streams[own].windowShift = scales ? offer.windowShift : 0
        streams[own].segmentMax = segmentMax(offer.segmentMax)
        streams[other].windowShift = scales ? segment.options.windowShift ?? 0 : 0
        streams[other].segmentMax = segmentMax(Int(segment.options.maximumSegment))
        _ = streams[other].acknowledge(segment.acknowledgement, window: Int(segment.window), &pool)
    }

    /// What fits into a segment for a receiver of this MSS: without the option it is 536 (RFC 9293 section 3.7.1); what
    /// no honest host advertises is brought into bounds. Less than 88 would leave no data beside all options.
    @_noLocks
    private func segmentMax(_ advertised: Int) -> Int { advertised == 0 ? 536 : max(min(advertised, 1460), 88) }

    /// Notes that packets of more than `octets` do not get through toward a side (RFC 1191).
    @_noLocks
    mutating func limit(packets octets: Int, toward side: Side) {
        let own = Int(side.other.rawValue)
        streams[own].segmentMax = min(streams[own].segmentMax, max(octets &- 40, 88))
    }

    // MARK: Taking a segment

    /// Takes in a segment of an open connection: what it acknowledges, then what it carries. Nil when it acknowledges
    /// what was never sent, so that it must not be trusted.
    @_noLocks
    mutating func take(
        _ segment: TCPPacket, _ bytes: borrowing RawSpan, from side: Side, _ pool: inout BlockPool
    ) -> (arrival: Stream.Arrival, hasNews: Bool)? {
        let own = Int(side.rawValue)
        let other = Int(side.other.rawValue)
        let window = Int(segment.window) << Int(streams[other].windowShift)
        var hasNews = false
        switch streams[other].acknowledge(segment.acknowledgement, window: window, &pool) {
        case .impossible: return nil
        case .known: break
        case .news: hasNews = true
        }
        return (streams[own].receive(segment, bytes, &pool), hasNews)
    }

    // MARK: Answering it

    /// Sends what follows from a segment that was taken in: to its target what may go, to its source what the target
    /// cannot say itself.
    @_noLocks
    mutating func respond(
        _ segment: TCPPacket, _ arrival: Stream.Arrival, hasNews: Bool, from side: Side, _ outbox: inout Outbox,
        _ counters: borrowing Counters
    ) {
        let own = Int(side.rawValue)
        let length = segment.payload.count &+ (segment.flags.has(.fin) ? 1 : 0)
        let due = streams[own].due(segment.sequence, length)
        let before = outbox.count
        switch arrival {
        case .empty:
            let isKeepalive = segment.sequence.advanced(by: 1) == streams[own].next
            let number = streams[own].emptySegmentNumber(segment.sequence)
            sendEmpty(toward: side.other, isKeepalive ? probeNumber(own) : number, answering: segment, &outbox)
        case .new:
            send(due.from, due.to, toward: side.other, answering: segment, &outbox)
            if outbox.count > before &+ 1 { counters.count(.splitSegments) }
        case .old:
            // What the source was told that the target has needs no more than telling it again.
            if segment.sequence.advanced(by: length) <= streams[own].acknowledged, streams[own].owes { break }
            if due.from < due.to {
                send(due.from, due.to, toward: side.other, answering: segment, &outbox)
            } else {
                sendEmpty(toward: side.other, probeNumber(own), answering: segment, &outbox)
            }
        case .early, .refused: break
        }
        let isPassedOn = outbox.count > before
        if hasNews, !isPassedOn { sendEmpty(toward: side.other, streams[own].sent, answering: segment, &outbox) }
        switch arrival {
        case .empty: break
        case .new:
            if streams[own].buffer.held > 0 { counters.count(.heldLines) }
            if streams[own].buffer.held > 0 || !isPassedOn { takeOver(side, &outbox, counters) }
        case .old: if !isPassedOn { takeOver(side, &outbox, counters) }
        case .early:
            counters.count(.parkedSegments)
            acknowledge(side, &outbox)
        case .refused: acknowledge(side, &outbox)
        }
    }

    /// Passes a reset on, with the numbers that its target expects.
    @_noLocks
    mutating func passReset(_ segment: TCPPacket, from side: Side, _ outbox: inout Outbox) {
        let number = streams[Int(side.rawValue)].emptySegmentNumber(segment.sequence)
        var outgoing = header(toward: side.other, number, answering: segment)
        outgoing.flags = segment.flags.has(.ack) ? TCPFlags.rst.with(.ack) : .rst
        outbox.append(outgoing)
    }

    /// Tells a side again what is expected of it.
    @_noLocks
    mutating func restate(to side: Side, _ outbox: inout Outbox) { acknowledge(side, &outbox) }

    /// Whether both FINs have been acknowledged by their targets.
    var isFinished: Bool { @_noLocks mutating get { streams[0].isFinished && streams[1].isFinished } }

    /// Sends toward a side what its window now lets through.
    @_noLocks
    mutating func flush(toward side: Side, _ outbox: inout Outbox) {
        let source = Int(side.other.rawValue)
        send(streams[source].sent, streams[source].sendable, toward: side, answering: nil, &outbox)
    }

    /// Acknowledges to a side everything that it has sent in order; what the target does not have is owed from now on.
    @_noLocks
    private mutating func takeOver(_ side: Side, _ outbox: inout Outbox, _ counters: borrowing Counters) {
        let own = Int(side.rawValue)
        streams[own].didAcknowledge(streams[own].next)
        counters.count(.ownAcknowledgements)
        acknowledge(side, &outbox)
    }

    /// Sends a side the acknowledgement as it stands.
    @_noLocks
    private mutating func acknowledge(_ side: Side, _ outbox: inout Outbox) {
        sendEmpty(toward: side, streams[Int(side.other.rawValue)].sent, answering: nil, &outbox)
    }

    /// A number that the target has already acknowledged, so that it must answer with what it expects (RFC 9293
    /// section 3.8.4).
    @_noLocks
    private func probeNumber(_ stream: Int) -> SequenceNumber { streams[stream].unacknowledged.advanced(by: -1) }

    // MARK: Without being asked

    /// When the gateway repeats something, in nanoseconds; 0 when it owes nothing. To be asked after every change.
    @_noLocks
    mutating func nextRepetition(now: UInt64) -> UInt64 {
        streams[0].schedule(now: now)
        streams[1].schedule(now: now)
        let first = streams[0].repeatAt
        let second = streams[1].repeatAt
        if first == 0 { return second }
        return second == 0 ? first : min(first, second)
    }

    /// Repeats what is owed and due. False when a target has not answered so often that it must be gone.
    @_noLocks
    mutating func repeatDue(now: UInt64, _ outbox: inout Outbox, _ counters: borrowing Counters) -> Bool {
        for source in 0..<2 where streams[source].repeatAt != 0 && streams[source].repeatAt <= now {
            // Fifteen times, as Linux does (net.ipv4.tcp_retries2): some thirteen minutes.
            guard streams[source].repeats < 15 else { return false }
            let due = streams[source].repetition()
            counters.count(.ownRetransmissions)
            send(due.from, due.to, toward: source == 0 ? .outside : .inside, answering: nil, &outbox)
        }
        return true
    }

    /// Sends both sides a keep-alive: a number that they have acknowledged, so that they answer.
    @_noLocks
    mutating func keepAlive(_ outbox: inout Outbox) {
        sendEmpty(toward: .outside, probeNumber(0), answering: nil, &outbox)
        sendEmpty(toward: .inside, probeNumber(1), answering: nil, &outbox)
    }

    /// Resets both sides.
    @_noLocks
    mutating func reset(_ outbox: inout Outbox) {
        for source in 0..<2 {
            var segment = header(toward: source == 0 ? .outside : .inside, streams[source].sent, answering: nil)
            segment.flags = segment.flags.with(.rst)
            outbox.append(segment)
        }
    }

    /// Forgets what is in flight.
    @_noLocks
    mutating func release(_ pool: inout BlockPool) {
        streams[0].release(&pool)
        streams[1].release(&pool)
    }

    // MARK: Making segments

    /// Sends the numbers `from ..< to` toward a side, cut to segments.
    @_noLocks
    private mutating func send(
        _ from: SequenceNumber, _ to: SequenceNumber, toward side: Side, answering cause: TCPPacket?,
        _ outbox: inout Outbox
    ) {
        let source = Int(side.other.rawValue)
        var position = from
        let options = cause?.optionsLength ?? (hasTimestamps ? 12 : 0)
        // What the box does not take now is not sent, and goes with the next acknowledgement or repetition.
        while outbox.takesData, let part = streams[source].segment(position, to, options: options) {
            var segment = header(toward: side, position, answering: cause)
            segment.flags = part.flags
            segment.urgentPointer = part.urgentPointer
            segment.block = Int(streams[source].buffer.block)
            segment.start = part.place.lowerBound
            segment.count = part.place.count
            outbox.append(segment)
            position = position.advanced(by: part.place.count &+ (part.flags.has(.fin) ? 1 : 0))
        }
        streams[source].didSend(to: position)
    }

    @_noLocks
    private mutating func sendEmpty(
        toward side: Side, _ number: SequenceNumber, answering cause: TCPPacket?, _ outbox: inout Outbox
    ) {
        outbox.append(header(toward: side, number, answering: cause))
    }

    /// A segment toward a side without data: an acknowledgement.
    @_noLocks
    private mutating func header(
        toward side: Side, _ number: SequenceNumber, answering cause: TCPPacket?
    ) -> OutgoingSegment {
        let target = Int(side.rawValue)
        let source = Int(side.other.rawValue)
        var segment = OutgoingSegment()
        segment.toward = side
        segment.sequence = number
        segment.acknowledgement = streams[target].acknowledgement
        segment.window = streams[target].window
        segment.flags = .ack
        streams[target].didAcknowledge(segment.acknowledgement)
        segment.hasTimestamp = hasTimestamps
        segment.timestamp = streams[source].timestamp
        segment.timestampEcho = streams[target].timestamp
        if let cause {
            segment.keepsHeaders = true
            for index in 0..<cause.options.blockCount {
                // A block that begins just where the acknowledgement ends, because the gateway has acknowledged what it
                // holds before it, would keep the source from sending the block again until something is acknowledged.
                guard let block = streams[target].selective(cause.options.blocks[index]),
                    block.start > segment.acknowledgement
                else { continue }
                segment.selective[segment.selectiveCount] = block
                segment.selectiveCount &+= 1
            }
        }
        return segment
    }
}
