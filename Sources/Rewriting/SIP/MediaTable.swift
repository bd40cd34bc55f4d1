import FlowTables
import PlainMemory
import WireFormats

/// The media of all calls of one worker, their public ports, and the flows that XDP is asked to have for them.
///
/// Invariants: each media and each stream is on the list of one call; each leg that is not free is on its stream's list,
/// and its flows are open, or requested to be. Streams have the media counted that have them; their ports are free again
/// when they have no users and no legs, and their time is over.
struct MediaTable: ~Copyable {
    private var media: Slots<CallMedia>
    private var streams: Slots<MediaStream>
    private var legs: SharedSlots<MediaLeg>
    private var freeMedia: FreeList
    private var freeStreams: FreeList
    private var freeLegs: FreeList
    private var ports: PortBlock
    private var numbers: Numbers
    private let published: PublicEndpoints
    private var requests: Slots<SIPRequest>
    /// How many requests wait.
    private(set) var requestCount = 0

    /// Room for `capacity` pairs of flows; `ports` are pairs.
    init(
        capacity: Int, descriptor: Int32, ports: consuming PortBlock, published: PublicEndpoints, share: WorkerShare
    ) throws(TableError) {
        let legs = try SharedSlots<MediaLeg>(count: capacity, descriptor: descriptor)
        let media = try Slots<CallMedia>(count: capacity)
        let streams = try Slots<MediaStream>(count: capacity)
        let freeMedia = try FreeList(count: capacity)
        let freeStreams = try FreeList(count: capacity)
        let freeLegs = try FreeList(count: capacity)
        let requests = try Slots<SIPRequest>(count: 1024)
        self.legs = legs
        self.media = media
        self.streams = streams
        self.freeMedia = freeMedia
        self.freeStreams = freeStreams
        self.freeLegs = freeLegs
        self.ports = ports
        self.published = published
        self.requests = requests
        numbers = Numbers(share)
    }

    /// How many pairs of flows are open.
    var legCount: Int { @_noLocks get { legs.count &- freeLegs.available } }

    /// The most pairs of flows there can be.
    var legCapacity: Int { @_noLocks get { legs.count } }

    /// How many pairs of public ports are free.
    var freePorts: Int { @_noLocks get { ports.available } }

    // MARK: Requests

    /// A request that waits.
    @_noLocks
    func request(_ index: Int) -> SIPRequest { requests[index] }

    /// Adds one. There is room for all that a message or a timer can cause, with what one call may have at most.
    @_noLocks
    mutating func ask(_ request: SIPRequest) {
        requests[requestCount] = request
        requestCount &+= 1
    }

    /// Forgets the requests, which have been carried out.
    @_noLocks
    mutating func clearRequests() { requestCount = 0 }

    @_noLocks
    private mutating func ask(_ kind: SIPRequest.Kind, _ slot: Int) {
        var request = SIPRequest(kind)
        request.leg = legs[slot]
        request.slot = slot
        ask(request)
    }

    // MARK: Streams

    /// A stream.
    @_noLocks
    func stream(_ slot: Int) -> MediaStream { streams[slot] }

    /// The stream for an inside end of the media of a call: the one that it has already, or a new one, which is kept until
    /// `frees` if nobody uses it; nil when slots or ports have run out.
    @_noLocks
    mutating func stream(
        for end: MediaEnd, in lists: inout CallMediaLists, call: UInt32, _ lottery: inout Lottery, frees: UInt64
    ) -> Int? {
        var entry = lists.streams
        while entry != 0 {
            let slot = Int(entry) &- 1
            if streams[slot].media == end.media, streams[slot].control == end.control { return slot }
            entry = streams[slot].next
        }
        guard lists.streamCount < CallMediaLists.streamMax,
            let draw = ports.draw(ports.address(for: end.media.address), by: lottery.draw()),
            let slot = freeStreams.take()
        else { return nil }
        var stream = MediaStream()
        stream.call = call
        stream.next = lists.streams
        stream.frees = frees
        stream.media = end.media
        stream.control = end.control
        stream.translated = ports.take(draw, for: .data(slot))
        streams[slot] = stream
        lists.streams = UInt32(truncatingIfNeeded: slot &+ 1)
        lists.streamCount &+= 1
        published.set(stream.translated, to: end.media)
        if end.control.port != 0 { published.set(stream.translatedControl, to: end.control) }
        return slot
    }

    /// One user more; `mark` is the stream's slot plus one, or 0.
    @_noLocks
    private mutating func retain(stream mark: UInt32) {
        if mark != 0 { streams[Int(mark) &- 1].users &+= 1 }
    }

    /// One user less: without any, the stream ends at `frees`.
    @_noLocks
    private mutating func release(stream mark: UInt32, frees: UInt64) {
        guard mark != 0 else { return }
        let slot = Int(mark) &- 1
        streams[slot].users &-= 1
        streams[slot].frees = frees
    }

    @_noLocks
    private mutating func end(stream slot: Int, behind previous: Int?, in lists: inout CallMediaLists) {
        let stream = streams[slot]
        published.set(stream.translated, to: nil)
        published.set(stream.translatedControl, to: nil)
        ports.give(stream.translated)
        if let previous { streams[previous].next = stream.next } else { lists.streams = stream.next }
        lists.streamCount &-= 1
        streams[slot] = MediaStream()
        freeStreams.give(slot)
    }

    // MARK: Descriptions

    /// What a session description says of an m= line, as the offer or the answer of an exchange.
    struct Description {
        var call: UInt32
        var tag: UInt64
        var line: Int
        var side: Side
        var exchange: Exchange
        /// Whether it stands in a provisional response.
        var isProvisional: Bool
        var end: MediaEnd
        /// The stream of an inside end; nil for one that is not translated, and for outside ends.
        var stream: Int?
        /// Until when flows and ports stay that a newer description has replaced.
        var closes: UInt64

        @_noLocks
        init(
            call: UInt32, tag: UInt64, line: Int, side: Side, exchange: Exchange, isProvisional: Bool, end: MediaEnd,
            stream: Int?, closes: UInt64
        ) {
            self.call = call
            self.tag = tag
            self.line = line
            self.side = side
            self.exchange = exchange
            self.isProvisional = isProvisional
            self.end = end
            self.stream = stream
            self.closes = closes
        }

        /// The stream's slot plus one, or 0.
        var mark: UInt32 { @_noLocks get { stream.map { UInt32(truncatingIfNeeded: $0 &+ 1) } ?? 0 } }
        var own: Int { @_noLocks get { Int(side.rawValue) } }
        var other: Int { @_noLocks get { Int(side.other.rawValue) } }
    }

    /// Notes an offer, which changes nothing until it is answered. False when there is no room.
    @_noLocks
    mutating func offer(_ description: Description, in lists: inout CallMediaLists, isConfirmed: Bool) -> Bool {
        // No other dialog answers the first offer any more.
        if isConfirmed, description.tag != 0 {
            remove(from: &lists, frees: description.closes) { $0.tag == 0 }
        }
        guard let slot = find(description.tag, description.line, in: lists) ?? add(description, to: &lists) else {
            return false
        }
        let exchange = description.exchange
        // Once more.
        if media[slot].over[exchange.kind] == exchange || media[slot].pending[description.own] == exchange {
            return true
        }
        media[slot].pending[description.own] = description.exchange
        media[slot].offered[description.own] = description.end
        if description.side == .inside {
            retain(stream: description.mark)
            release(stream: media[slot].offeredStream, frees: description.closes)
            media[slot].offeredStream = description.mark
        }
        return true
    }

    /// Carries out an answer: both ends are what it and the offer say, and the flows follow. An answer to what was not
    /// offered, or to what a newer exchange has replaced, changes nothing. False when there is no room for all flows.
    @_noLocks
    mutating func answer(_ description: Description, in lists: inout CallMediaLists, now: UInt64) -> Bool {
        var found = find(description.tag, description.line, in: lists)
        if found == nil, let template = find(0, description.line, in: lists) {
            found = copy(template, for: description, in: &lists)
            if found == nil { return false }
        }
        guard let slot = found else { return true }
        let exchange = description.exchange
        let isFirst = media[slot].pending[description.other] == exchange
        // A 2xx may say other than a provisional response before it, but not the other way round.
        if description.isProvisional, media[slot].forgotten != 0 || media[slot].isConfirmed && !isFirst { return true }
        guard isFirst || media[slot].answered == exchange else { return true }
        media[slot].answered = exchange
        media[slot].over[exchange.kind] = exchange
        set(slot, description.side, description.end, stream: description.mark, description.closes)
        if isFirst {
            media[slot].pending[description.other] = Exchange()
            let offered = media[slot].offeredStream
            set(
                slot, description.side.other, media[slot].offered[description.other], stream: offered,
                description.closes)
            if description.side == .outside {
                media[slot].offeredStream = 0
                release(stream: offered, frees: description.closes)
            }
        }
        let isComplete = connect(slot, in: &lists, now: now)
        close(unwanted: lists, at: description.closes)
        return isComplete
    }

    /// What a side has from now on; `mark` matters for the inside.
    @_noLocks
    private mutating func set(_ slot: Int, _ side: Side, _ end: MediaEnd, stream mark: UInt32, _ frees: UInt64) {
        let own = Int(side.rawValue)
        media[slot].ends[own] = media[slot].ends[own].followed(by: end)
        guard side == .inside, !end.keepsPrevious else { return }
        retain(stream: mark)
        release(stream: media[slot].stream, frees: frees)
        media[slot].stream = mark
    }

    /// Takes back what was offered in an exchange that has failed.
    @_noLocks
    mutating func withdraw(_ exchange: Exchange, in lists: CallMediaLists, frees: UInt64) {
        var entry = lists.media
        while entry != 0 {
            let slot = Int(entry) &- 1
            for side in 0..<2 where media[slot].pending[side] == exchange {
                media[slot].pending[side] = Exchange()
                media[slot].over[exchange.kind] = exchange
                guard side == 0 else { continue }
                release(stream: media[slot].offeredStream, frees: frees)
                media[slot].offeredStream = 0
            }
            entry = media[slot].next
        }
    }

    /// A dialog is confirmed: those that are not end, unless they are confirmed later.
    @_noLocks
    mutating func confirm(_ tag: UInt64, in lists: CallMediaLists, closes: UInt64) {
        var entry = lists.media
        while entry != 0 {
            let slot = Int(entry) &- 1
            if media[slot].tag == tag { media[slot].isConfirmed = true }
            if media[slot].isConfirmed {
                media[slot].forgotten = 0
            } else if media[slot].forgotten == 0 {
                media[slot].forgotten = closes
            }
            entry = media[slot].next
        }
        close(unwanted: lists, at: closes)
    }

    @_noLocks
    private func find(_ tag: UInt64, _ line: Int, in lists: CallMediaLists) -> Int? {
        var entry = lists.media
        while entry != 0 {
            let slot = Int(entry) &- 1
            if media[slot].tag == tag, Int(media[slot].line) == line { return slot }
            entry = media[slot].next
        }
        return nil
    }

    @_noLocks
    private mutating func add(_ description: Description, to lists: inout CallMediaLists) -> Int? {
        guard lists.mediaCount < CallMediaLists.mediaMax, let slot = freeMedia.take() else { return nil }
        var item = CallMedia()
        item.call = description.call
        item.tag = description.tag
        item.line = UInt8(truncatingIfNeeded: description.line)
        item.next = lists.media
        media[slot] = item
        lists.media = UInt32(truncatingIfNeeded: slot &+ 1)
        lists.mediaCount &+= 1
        return slot
    }

    /// The media of an offer that no tag was known for, once more for a dialog that answers it.
    @_noLocks
    private mutating func copy(
        _ template: Int, for description: Description, in lists: inout CallMediaLists
    ) -> Int? {
        guard let slot = add(description, to: &lists) else { return nil }
        media[slot].forgotten = media[template].forgotten
        media[slot].pending = media[template].pending
        media[slot].offered = media[template].offered
        media[slot].offeredStream = media[template].offeredStream
        retain(stream: media[slot].offeredStream)
        return slot
    }

    // MARK: Flows

    /// Opens the flows between the two ends of a media as they are now. False when there is no room for all of them.
    @_noLocks
    private mutating func connect(_ slot: Int, in lists: inout CallMediaLists, now: UInt64) -> Bool {
        let inside = media[slot].ends[0]
        let outside = media[slot].ends[1]
        guard media[slot].stream != 0, inside.isThere, outside.isThere else { return true }
        let hasControl = inside.hasControl(with: outside)
        var isComplete = open(slot, outside.media, isControl: false, &lists, now)
        if hasControl { isComplete = open(slot, outside.control, isControl: true, &lists, now) && isComplete }
        for index in 0..<outside.candidateCount {
            let candidate = outside.candidates[index]
            guard hasControl || !candidate.isControl else { continue }
            isComplete = open(slot, candidate.endpoint, isControl: candidate.isControl, &lists, now) && isComplete
        }
        return isComplete
    }

    /// Opens the flows to an outside end unless they are open; those that were to be closed stay.
    @_noLocks
    private mutating func open(
        _ slot: Int, _ outside: Endpoint, isControl: Bool, _ lists: inout CallMediaLists, _ now: UInt64
    ) -> Bool {
        let owner = Int(media[slot].stream) &- 1
        var entry = streams[owner].legs
        while entry != 0 {
            let leg = Int(entry) &- 1
            if legs[leg].outside == outside, legs[leg].isControl == isControl {
                if legs[leg].closes != 0 { setCloses(leg, 0) }
                return true
            }
            entry = legs[leg].next
        }
        guard lists.legCount < CallMediaLists.legMax, let place = freeLegs.take() else { return false }
        let stream = streams[owner]
        var leg = MediaLeg()
        leg.number = numbers.next()
        leg.call = media[slot].call
        leg.line = media[slot].line
        leg.isControl = isControl
        leg.inside = isControl ? stream.control : stream.media
        leg.translated = isControl ? stream.translatedControl : stream.translated
        leg.outside = outside
        leg.clockRate = isControl ? 0 : media[slot].ends[1].clockRate
        leg.seen = now
        leg.next = stream.legs
        legs.store(leg, at: place)
        streams[owner].legs = UInt32(truncatingIfNeeded: place &+ 1)
        lists.legCount &+= 1
        ask(.open, place)
        return true
    }

    /// Sees to it that flows which no media want any more are closed at a time: until then both sides may still send to the
    /// old ends (RFC 3264 section 8.3.1).
    @_noLocks
    private mutating func close(unwanted lists: CallMediaLists, at time: UInt64) {
        var entry = lists.streams
        while entry != 0 {
            let stream = Int(entry) &- 1
            var mark = streams[stream].legs
            while mark != 0 {
                let leg = Int(mark) &- 1
                if isWanted(leg, of: entry, in: lists) {
                    if legs[leg].closes != 0 { setCloses(leg, 0) }
                } else if legs[leg].closes == 0 || time < legs[leg].closes {
                    setCloses(leg, time)
                }
                mark = legs[leg].next
            }
            entry = streams[stream].next
        }
    }

    /// Whether media have a leg of a stream, which is given by its slot plus one.
    @_noLocks
    private func isWanted(_ leg: Int, of stream: UInt32, in lists: CallMediaLists) -> Bool {
        var entry = lists.media
        while entry != 0 {
            let slot = Int(entry) &- 1
            if media[slot].stream == stream, media[slot].forgotten == 0, isWanted(leg, by: slot) { return true }
            entry = media[slot].next
        }
        return false
    }

    @_noLocks
    private func isWanted(_ leg: Int, by slot: Int) -> Bool {
        let isControl = legs[leg].isControl
        let outside = media[slot].ends[1]
        guard outside.isThere, !isControl || media[slot].ends[0].hasControl(with: outside) else { return false }
        if legs[leg].outside == (isControl ? outside.control : outside.media) { return true }
        for index in 0..<outside.candidateCount
        where outside.candidates[index].isControl == isControl
            && outside.candidates[index].endpoint == legs[leg].outside
        {
            return true
        }
        return false
    }

    @_noLocks
    private mutating func setCloses(_ leg: Int, _ time: UInt64) {
        legs.beginChange(of: leg)
        legs[leg].closes = time
        legs.endChange(of: leg)
    }

    /// The worker has looked at the flows of a leg: when a packet last passed.
    @_noLocks
    mutating func observed(_ leg: Int, number: UInt32, lastSeen: UInt64) {
        guard legs[leg].number == number, lastSeen > legs[leg].seen else { return }
        legs.beginChange(of: leg)
        legs[leg].seen = lastSeen
        legs.endChange(of: leg)
    }

    /// When a packet of any media of a call was last seen, whether it has flows, and whether all of them are held.
    @_noLocks
    func liveliness(of lists: CallMediaLists) -> (seen: UInt64, hasFlows: Bool, isHeld: Bool) {
        var result: (seen: UInt64, hasFlows: Bool, isHeld: Bool) = (0, false, true)
        var entry = lists.streams
        while entry != 0 {
            let stream = Int(entry) &- 1
            var mark = streams[stream].legs
            while mark != 0 {
                let leg = Int(mark) &- 1
                result.seen = max(result.seen, legs[leg].seen)
                if legs[leg].closes == 0 { result.hasFlows = true }
                mark = legs[leg].next
            }
            entry = streams[stream].next
        }
        entry = lists.media
        while entry != 0 {
            let slot = Int(entry) &- 1
            if media[slot].stream != 0, !media[slot].ends[0].isHeld, !media[slot].ends[1].isHeld {
                result.isHeld = false
            }
            entry = media[slot].next
        }
        return result
    }

    // MARK: The end

    /// Ends media of a call, those of one dialog or (nil) all, and closes their flows at once. Ports that nobody needs any
    /// more are free at `frees`.
    @_noLocks
    mutating func end(_ lists: inout CallMediaLists, tag: UInt64?, now: UInt64, frees: UInt64) {
        remove(from: &lists, frees: frees) { tag == nil || $0.tag == tag }
        close(unwanted: lists, at: now)
        _ = closeDue(&lists, now: now)
    }

    /// Removes such media of a call as are to be.
    @_noLocks
    private mutating func remove(
        from lists: inout CallMediaLists, frees: UInt64, _ isRemoved: (CallMedia) -> Bool
    ) {
        var (previous, entry): (Int?, UInt32) = (nil, lists.media)
        while entry != 0 {
            let slot = Int(entry) &- 1
            entry = media[slot].next
            guard isRemoved(media[slot]) else {
                previous = slot
                continue
            }
            release(stream: media[slot].stream, frees: frees)
            release(stream: media[slot].offeredStream, frees: frees)
            if let previous { media[previous].next = entry } else { lists.media = entry }
            lists.mediaCount &-= 1
            media[slot] = CallMedia()
            freeMedia.give(slot)
        }
    }

    /// Ends all of a call at once.
    @_noLocks
    mutating func end(_ lists: inout CallMediaLists, now: UInt64) {
        var entry = lists.streams
        while entry != 0 {
            streams[Int(entry) &- 1].frees = now
            entry = streams[Int(entry) &- 1].next
        }
        end(&lists, tag: nil, now: now, frees: now)
    }

    /// Asks for a look at all flows of a call that stay.
    @_noLocks
    mutating func observe(_ lists: CallMediaLists) {
        var entry = lists.streams
        while entry != 0 {
            let stream = Int(entry) &- 1
            var mark = streams[stream].legs
            while mark != 0 {
                let leg = Int(mark) &- 1
                if legs[leg].closes == 0 { ask(.observe, leg) }
                mark = legs[leg].next
            }
            entry = streams[stream].next
        }
    }

    /// Closes the flows of a call whose time is over, and frees such ports. When the next one's is, or the greatest number.
    @_noLocks
    mutating func closeDue(_ lists: inout CallMediaLists, now: UInt64) -> UInt64 {
        remove(from: &lists, frees: now) { $0.forgotten != 0 && $0.forgotten <= now }
        var next = UInt64.max
        var (previous, entry): (Int?, UInt32) = (nil, lists.streams)
        while entry != 0 {
            let slot = Int(entry) &- 1
            entry = streams[slot].next
            next = min(next, closeDue(legsOf: slot, &lists, now))
            if streams[slot].users == 0, streams[slot].legs == 0, streams[slot].frees <= now {
                end(stream: slot, behind: previous, in: &lists)
            } else {
                if streams[slot].users == 0, streams[slot].frees > now { next = min(next, streams[slot].frees) }
                previous = slot
            }
        }
        return next
    }

    @_noLocks
    private mutating func closeDue(legsOf stream: Int, _ lists: inout CallMediaLists, _ now: UInt64) -> UInt64 {
        var next = UInt64.max
        var (previous, mark): (Int?, UInt32) = (nil, streams[stream].legs)
        while mark != 0 {
            let leg = Int(mark) &- 1
            let closes = legs[leg].closes
            mark = legs[leg].next
            guard closes != 0, closes <= now else {
                if closes != 0 { next = min(next, closes) }
                previous = leg
                continue
            }
            ask(.close, leg)
            if let previous {
                legs.beginChange(of: previous)
                legs[previous].next = mark
                legs.endChange(of: previous)
            } else {
                streams[stream].legs = mark
            }
            lists.legCount &-= 1
            legs.store(MediaLeg(), at: leg)
            freeLegs.give(leg)
        }
        return next
    }
}
