import TestSupport
import WireFormats

/// A host that speaks TCP (RFC 9293, 7323, 2018, 5961, 6298), a model written for these tests. It is strict: what no
/// correct peer would send it is a defect, which it remembers.
///
/// Positions are counted without wrapping: 0 is the SYN, 1 the first byte, the FIN follows the last.
final class Peer {
    enum Phase { case closed, synSent, synReceived, open, reset }

    let name: String
    let habits: Habits
    let local: Endpoint
    private(set) var remote: Endpoint
    private(set) var phase = Phase.closed
    /// What it did that no correct peer does, or had done to it.
    private(set) var defect: String?
    /// Segments to be sent; whoever drives the peer empties it.
    var outbox: [Segment] = []
    private var random: Random
    private var now: UInt64 = 0

    // Sending.
    private(set) var written: [UInt8] = []
    private var isClosing = false
    private(set) var unacknowledged = 0
    private var next = 0
    /// The position after the last that was ever sent.
    private(set) var sentMax = 0
    private var edge = 0
    private var windowUpdate = (position: 0, acknowledgement: 0)
    private var duplicates = 0
    private var retransmitAt: UInt64 = 0
    private var backoff: UInt64 = 0
    private var sacked: [Range<Int>] = []
    private var segmentMax = 536
    private var sendShift = 0
    private var receiveShift = 0
    private var usesSelective = false
    private var usesTimestamps = false
    /// The position after the urgent data.
    private var urgentEnd = 0

    // Receiving.
    private var remoteInitial: UInt32 = 0
    private(set) var received = Reassembly()
    /// How much of it the application has read.
    private(set) var read = 0
    /// Whether the application does not read at the moment.
    private(set) var isPaused = false
    private var finPosition: Int?
    /// The right edge of the window, as far as it was ever announced.
    private(set) var windowEdge = 0
    private var recentTimestamp: UInt32 = 0
    private var lastAcknowledged = 0
    private var acknowledgeAt: UInt64 = 0
    private var segmentsUnanswered = 0
    private var heard: UInt64 = 0
    /// The positions announced as ends of urgent data.
    private(set) var urgentEnds: Set<Int> = []

    init(_ name: String, _ habits: Habits, local: Endpoint, remote: Endpoint, seed: UInt64) {
        self.name = name
        self.habits = habits
        self.local = local
        self.remote = remote
        random = Random(seed: seed)
    }

    // MARK: For the application

    func connect(now: UInt64) {
        self.now = now
        phase = .synSent
        sendSyn()
    }

    func write(_ bytes: [UInt8], isUrgent: Bool = false, now: UInt64) {
        self.now = now
        written += bytes
        if isUrgent { urgentEnd = 1 + written.count }
        transmit()
    }

    /// Nothing more will be written.
    func close(now: UInt64) {
        self.now = now
        isClosing = true
        transmit()
    }

    func abort(now: UInt64) {
        self.now = now
        guard phase != .reset, phase != .closed else { return }
        emit(at: next, [], flags: TCPFlags.rst.with(.ack))
        phase = .reset
    }

    func pause() { isPaused = true }

    /// Reads all that is there, and tells the sender if the window was all but shut.
    func resume(now: UInt64) {
        self.now = now
        isPaused = false
        let wasTight = windowEdge - receivedNext < min(segmentMax, habits.buffer / 2)
        read = received.next
        if wasTight, phase == .open { acknowledge() }
    }

    /// Everything written has been acknowledged.
    var isAcknowledged: Bool { phase == .open && unacknowledged >= 1 + written.count }
    /// Its FIN has been acknowledged.
    var hasFinished: Bool { unacknowledged == 2 + written.count }
    /// The other side's FIN has come, after all of its bytes.
    var hasHeardEnd: Bool { finPosition == 1 + received.next }
    /// Both FINs have been acknowledged.
    var isOver: Bool { hasFinished && hasHeardEnd }
    /// What the sender of a segment may not exceed, if it knows what it was told.
    var advertisedSegmentMax: Int { Int(habits.maximumSegment ?? 536) }
    var initialSequence: UInt32 { habits.initialSequence }
    /// The shift that it believes the window fields to have that it gets.
    var scale: Int { sendShift }

    private var receivedNext: Int { 1 + received.next + (hasHeardEnd ? 1 : 0) }

    // MARK: Time

    /// When it next has something to do of its own accord; 0 for never.
    var deadline: UInt64 {
        var soonest: UInt64 = 0
        for time in [retransmitAt, acknowledgeAt, keepaliveAt] where time != 0 {
            soonest = soonest == 0 ? time : min(soonest, time)
        }
        return soonest
    }

    private var keepaliveAt: UInt64 {
        phase == .open && habits.keepalive > 0 && unacknowledged == sentMax && !isOver ? heard + habits.keepalive : 0
    }

    func tick(now: UInt64) {
        self.now = now
        if acknowledgeAt != 0, acknowledgeAt <= now { acknowledge() }
        if retransmitAt != 0, retransmitAt <= now { retransmit() }
        if keepaliveAt != 0, keepaliveAt <= now {
            heard = now
            // The garbage octet stands where a byte is that was acknowledged: it must never be taken for one.
            emit(at: next - 1, habits.keepaliveHasOctet && next > 1 ? [0xEE] : [], flags: .ack)
        }
    }

    private func retransmit() {
        retransmitAt = 0
        backoff += 1
        switch phase {
        case .synSent: sendSyn()
        case .synReceived: sendSynAcknowledgement()
        case .open:
            if unacknowledged == sentMax {
                probe()
            } else if edge <= unacknowledged {
                resendFirst(1)
            } else {
                next = unacknowledged
                transmit()
            }
            arm()
        case .closed, .reset: break
        }
    }

    /// Probes a shut window (RFC 9293 section 3.8.6.1).
    private func probe() {
        guard hasMore else { return }
        if habits.probesWithData, sentMax <= written.count {
            emit(at: sentMax, [written[sentMax - 1]], flags: .ack)
            sentMax += 1
            next = sentMax
        } else {
            emit(at: unacknowledged - 1, [], flags: .ack)
        }
    }

    private var hasMore: Bool { sentMax < 1 + written.count || isClosing && sentMax < 2 + written.count }

    /// Sets the retransmission timer if anything waits for an acknowledgement or a window.
    private func arm() {
        guard phase == .synSent || phase == .synReceived || phase == .open && (unacknowledged < sentMax || hasMore)
        else {
            retransmitAt = 0
            return
        }
        if retransmitAt == 0 { retransmitAt = now + min(300_000_000 << min(backoff, 10), 30_000_000_000) }
    }

    // MARK: Opening

    private func sendSyn() {
        var options = Segment.Options()
        options.maximumSegment = habits.maximumSegment
        options.windowShift = habits.windowShift
        options.permitsSelective = habits.permitsSelective
        options.timestamps = habits.hasTimestamps ? (clock, 0) : nil
        sendOpening(.syn, options)
    }

    private func sendSynAcknowledgement() {
        var options = Segment.Options()
        options.maximumSegment = habits.maximumSegment
        options.windowShift = receiveShiftIsAgreed ? habits.windowShift : nil
        options.permitsSelective = usesSelective
        options.timestamps = usesTimestamps ? (clock, recentTimestamp) : nil
        sendOpening(TCPFlags.syn.with(.ack), options)
    }

    private func sendOpening(_ flags: TCPFlags, _ options: Segment.Options) {
        let window = min(habits.buffer, 65535)
        windowEdge = max(windowEdge, 1 + window)
        outbox.append(
            Segment(
                source: local, destination: remote, sequence: initialSequence,
                acknowledgement: flags.has(.ack) ? remoteInitial &+ 1 : 0, flags: flags, window: UInt16(window),
                options: options))
        next = 1
        sentMax = 1
        arm()
    }

    private var receiveShiftIsAgreed = false

    /// Takes note of the other side's SYN or SYN-ACK.
    private func agree(_ segment: Segment) {
        remoteInitial = segment.sequence
        segmentMax = min(Int(segment.options.maximumSegment ?? 536), 1460)
        if let shift = segment.options.windowShift, let own = habits.windowShift {
            receiveShiftIsAgreed = true
            sendShift = min(Int(shift), 14)
            receiveShift = Int(own)
        }
        usesSelective = segment.options.permitsSelective && habits.permitsSelective
        usesTimestamps = segment.options.timestamps != nil && habits.hasTimestamps
        recentTimestamp = segment.options.timestamps?.own ?? 0
        edge = 1 + Int(segment.window)
    }

    // MARK: Receiving

    func receive(_ segment: Segment, now: UInt64) {
        self.now = now
        heard = now
        switch phase {
        case .closed: receiveClosed(segment)
        case .synSent: receiveSynSent(segment)
        case .synReceived, .open: receiveOpen(segment)
        case .reset: if !segment.flags.has(.rst) { refuse(segment) }
        }
    }

    private func receiveClosed(_ segment: Segment) {
        guard segment.flags.has(.syn), !segment.flags.has(.ack) else { return }
        remote = segment.source
        agree(segment)
        phase = .synReceived
        sendSynAcknowledgement()
    }

    private func receiveSynSent(_ segment: Segment) {
        guard segment.flags.has(.ack), segment.acknowledgement == initialSequence &+ 1 else { return }
        if segment.flags.has(.rst) {
            phase = .reset
        } else if segment.flags.has(.syn) {
            agree(segment)
            establish()
            acknowledge()
            transmit()
        }
    }

    private func establish() {
        phase = .open
        unacknowledged = max(unacknowledged, 1)
        backoff = 0
        retransmitAt = 0
        arm()
    }

    /// RST to a segment for a connection that is no more (RFC 9293 section 3.10.7.1).
    private func refuse(_ segment: Segment) {
        var answer = Segment(source: local, destination: remote)
        if segment.flags.has(.ack) {
            answer.sequence = segment.acknowledgement
            answer.flags = .rst
        } else {
            answer.acknowledgement = segment.sequence &+ UInt32(segment.length)
            answer.flags = TCPFlags.rst.with(.ack)
        }
        outbox.append(answer)
    }

    private func receiveOpen(_ segment: Segment) {
        let position = self.position(segment.sequence, remoteInitial, near: receivedNext)
        if usesTimestamps, !segment.flags.has(.rst), !segment.flags.has(.syn) {
            guard let times = segment.options.timestamps else { return found("a segment without the agreed timestamp") }
            if Int32(bitPattern: times.own &- recentTimestamp) < 0 { return acknowledge() }
        }
        if segment.flags.has(.rst) { return receiveReset(position) }
        if segment.flags.has(.syn) {
            return phase == .synReceived ? sendSynAcknowledgement() : acknowledge()
        }
        guard isAcceptable(position, segment.length) else { return acknowledge() }
        if let times = segment.options.timestamps, position <= lastAcknowledged { recentTimestamp = times.own }
        guard segment.flags.has(.ack), takeAcknowledgement(segment, position) else { return }
        if segment.flags.has(.urg) { urgentEnds.insert(position + Int(segment.urgentPointer)) }
        if segment.length > 0 { takeData(segment, position) }
        transmit()
    }

    private func receiveReset(_ position: Int) {
        if position == receivedNext {
            phase = .reset
            retransmitAt = 0
            acknowledgeAt = 0
        } else if position > receivedNext, position < windowEdge {
            acknowledge()
        }
    }

    /// RFC 9293 section 3.10.7.4, first check.
    private func isAcceptable(_ position: Int, _ length: Int) -> Bool {
        if length == 0 { return position >= receivedNext && position <= max(windowEdge, receivedNext) }
        return position + length > receivedNext && position < windowEdge
    }

    private func takeAcknowledgement(_ segment: Segment, _ position: Int) -> Bool {
        let number = self.position(segment.acknowledgement, initialSequence, near: unacknowledged)
        guard number <= sentMax else {
            found("an acknowledgement of \(number), but only \(sentMax) were sent")
            return false
        }
        if phase == .synReceived {
            guard number >= 1 else { return false }
            establish()
        }
        takeSelective(segment)
        let window = Int(segment.window) << sendShift
        let isUpdate =
            windowUpdate.position < position
            || windowUpdate.position == position && windowUpdate.acknowledgement <= number
        if number > unacknowledged {
            unacknowledged = number
            sacked.removeAll { $0.upperBound <= number }
            next = max(next, number)
            duplicates = 0
            backoff = 0
            retransmitAt = 0
        } else if number == unacknowledged, segment.length == 0, number < sentMax, edge == number + window {
            duplicates += 1
            if duplicates == 3, habits.retransmitsFast { resendFirst(payloadMax) }
        }
        if number >= unacknowledged, isUpdate {
            windowUpdate = (position, number)
            if edge <= unacknowledged, number + window > edge { retransmitAt = 0 }
            edge = number + window
        }
        arm()
        return true
    }

    private func takeSelective(_ segment: Segment) {
        if !segment.options.selective.isEmpty, !usesSelective { found("selective acknowledgements nobody agreed on") }
        for block in segment.options.selective {
            let start = position(block.start, initialSequence, near: unacknowledged)
            let end = position(block.end, initialSequence, near: unacknowledged)
            guard start < end, end <= sentMax else {
                return found("a selective acknowledgement of \(start)..<\(end), but only \(sentMax) were sent")
            }
            if end > unacknowledged { sacked.append(start..<end) }
        }
    }

    private func takeData(_ segment: Segment, _ position: Int) {
        let end = position + segment.data.count
        if !segment.data.isEmpty {
            let usable = segment.data.prefix(max(0, windowEdge - position))
            guard received.add(usable, at: position - 1) else {
                return found("other bytes at \(position)..<\(end) than before")
            }
            if usable.count == segment.data.count, segment.flags.has(.fin) { finPosition = end }
        } else if segment.flags.has(.fin) {
            if let finPosition, finPosition != end { return found("a second FIN, at \(end)") }
            finPosition = end
        }
        if !isPaused { read = received.next }
        segmentsUnanswered += 1
        let isInOrder = received.early.isEmpty && end + (segment.flags.has(.fin) ? 1 : 0) == receivedNext
        if habits.delaysAcknowledgements, isInOrder, !segment.flags.has(.fin), segmentsUnanswered < 2 {
            if acknowledgeAt == 0 { acknowledgeAt = now + 40_000_000 }
        } else {
            acknowledge()
        }
    }

    private func found(_ text: String) {
        if defect == nil { defect = "\(name) met \(text)" }
    }

    /// The position of a number, as the one closest to another position.
    private func position(_ number: UInt32, _ initial: UInt32, near other: Int) -> Int {
        other + Int(Int32(bitPattern: number &- initial &- UInt32(truncatingIfNeeded: other)))
    }

    // MARK: Sending

    private var payloadMax: Int {
        var options = Segment.Options()
        if usesTimestamps { options.timestamps = (0, 0) }
        options.selective = selectiveBlocks
        return max(segmentMax - options.length, 1)
    }

    /// Sends what the window lets through, from `next` on.
    private func transmit() {
        guard phase == .open else { return }
        let last = 1 + written.count
        while true {
            if let skip = sacked.first(where: { $0.contains(next) }) {
                next = skip.upperBound
                continue
            }
            if next < last {
                let gap = sacked.map(\.lowerBound).filter { $0 > next }.min() ?? .max
                let room = min(edge, unacknowledged + habits.flight * segmentMax, gap, last) - next
                guard room > 0 else { break }
                var count = min(room, payloadMax)
                if habits.cutsAnyhow { count = random.number(1...count) }
                send(count)
            } else if isClosing, next == last {
                emit(at: next, [], flags: TCPFlags.fin.with(.ack))
                next += 1
            } else {
                break
            }
            sentMax = max(sentMax, next)
        }
        arm()
    }

    private func send(_ count: Int) {
        let end = next + count
        let hasFin = isClosing && end == 1 + written.count && random.chance(0.5)
        var flags = hasFin ? TCPFlags.fin.with(.ack) : .ack
        if end == 1 + written.count { flags = flags.with(.psh) }
        emit(at: next, Array(written[next - 1..<end - 1]), flags: flags)
        next = end + (hasFin ? 1 : 0)
    }

    private func resendFirst(_ count: Int) {
        let end = min(unacknowledged + count, 1 + written.count, sentMax)
        if unacknowledged < end {
            emit(at: unacknowledged, Array(written[unacknowledged - 1..<end - 1]), flags: .ack)
        } else {
            emit(at: unacknowledged, [], flags: TCPFlags.fin.with(.ack))
        }
    }

    private func acknowledge() { emit(at: phase == .synReceived ? 1 : next, [], flags: .ack) }

    private func emit(at position: Int, _ data: [UInt8], flags: TCPFlags) {
        var segment = Segment(source: local, destination: remote)
        segment.sequence = initialSequence &+ UInt32(truncatingIfNeeded: position)
        segment.acknowledgement = remoteInitial &+ UInt32(truncatingIfNeeded: receivedNext)
        segment.flags = flags
        segment.data = data
        segment.window = announceWindow()
        if usesTimestamps { segment.options.timestamps = (clock, recentTimestamp) }
        segment.options.selective = selectiveBlocks
        if position < urgentEnd, urgentEnd - position <= 65535, !data.isEmpty {
            segment.flags = segment.flags.with(.urg)
            segment.urgentPointer = UInt16(urgentEnd - position)
        }
        lastAcknowledged = receivedNext
        acknowledgeAt = 0
        segmentsUnanswered = 0
        outbox.append(segment)
    }

    /// The window field; the right edge never moves back.
    private func announceWindow() -> UInt16 {
        let free = max(0, habits.buffer - (received.next - read))
        let wanted = max(receivedNext + free, windowEdge) - receivedNext
        let unit = 1 << receiveShift
        // Rounded up where rounding down would take back what was promised, or would let nothing in for ever.
        let down = (wanted >> receiveShift) << receiveShift
        let rounded = receivedNext + down < windowEdge || down == 0 ? wanted + unit - 1 : wanted
        let field = min(rounded >> receiveShift, 65535)
        windowEdge = max(windowEdge, receivedNext + field << receiveShift)
        return UInt16(field)
    }

    private var selectiveBlocks: [(start: UInt32, end: UInt32)] {
        guard usesSelective else { return [] }
        return received.early.prefix(usesTimestamps ? 3 : 4).map { piece in
            let start = remoteInitial &+ 1 &+ UInt32(truncatingIfNeeded: piece.start)
            return (start, start &+ UInt32(truncatingIfNeeded: piece.bytes.count))
        }
    }

    /// Milliseconds.
    private var clock: UInt32 { habits.clock &+ UInt32(truncatingIfNeeded: now / 1_000_000) }
}
