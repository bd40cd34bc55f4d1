import FlowTables
import PlainMemory
import WireFormats

/// The media of all calls of one worker, their public ports, and the flows that XDP is asked to have for them.
///
/// Invariants: each media is on the list of one call, whose first one, plus one, the call keeps; each leg that is not free
/// is on its media's list, and its flows are open, or requested to be. A stream counts the media and legs that have it, and
/// its ports are free again with the last of them.
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
    /// How many did not fit.
    private(set) var requestsLost = 0

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

    /// How many media there are.
    var mediaCount: Int { @_noLocks get { media.count &- freeMedia.available } }

    /// How many pairs of public ports are free.
    var freePorts: Int { @_noLocks get { ports.available } }

    /// A leg.
    @_noLocks
    func leg(_ slot: Int) -> MediaLeg { legs[slot] }

    // MARK: Requests

    /// A request that waits.
    @_noLocks
    func request(_ index: Int) -> SIPRequest { requests[index] }

    /// Adds one.
    @_noLocks
    mutating func ask(_ request: SIPRequest) {
        guard requestCount < requests.count else {
            requestsLost &+= 1
            return
        }
        requests[requestCount] = request
        requestCount &+= 1
    }

    /// Forgets the requests, which have been carried out.
    @_noLocks
    mutating func clearRequests() {
        requestCount = 0
        requestsLost = 0
    }

    // MARK: Streams

    /// The stream for an inside end of the media of a list: the one that it has already, or a new one; nil when slots or
    /// ports have run out. A new one has to be kept by `describe`, or given up by `giveUp`.
    @_noLocks
    mutating func stream(for end: MediaEnd, in list: UInt32, call: UInt32, _ lottery: inout Lottery) -> Int? {
        var entry = list
        while entry != 0 {
            let item = media[Int(entry) &- 1]
            if item.stream != 0, isStream(Int(item.stream) &- 1, of: end) { return Int(item.stream) &- 1 }
            if item.offeredStream != 0, isStream(Int(item.offeredStream) &- 1, of: end) {
                return Int(item.offeredStream) &- 1
            }
            entry = item.next
        }
        guard let draw = ports.draw(ports.address(for: end.media.address), by: lottery.draw()),
            let slot = freeStreams.take()
        else { return nil }
        var stream = MediaStream()
        stream.call = call
        stream.media = end.media
        stream.control = end.control
        stream.translated = ports.take(draw, for: .data(slot))
        streams[slot] = stream
        published.set(
            stream.translated, to: PublicEndpoints.Entry(inside: end.media, isMedia: true, portless: 0))
        if end.control.port != 0 {
            published.set(
                stream.translatedControl, to: PublicEndpoints.Entry(inside: end.control, isMedia: true, portless: 0))
        }
        return slot
    }

    @_noLocks
    private func isStream(_ slot: Int, of end: MediaEnd) -> Bool {
        streams[slot].media == end.media && streams[slot].control == end.control
    }

    /// A stream.
    @_noLocks
    func stream(_ slot: Int) -> MediaStream { streams[slot] }

    /// Gives up a stream that nobody has kept.
    @_noLocks
    mutating func giveUp(stream slot: Int) {
        guard streams[slot].users == 0 else { return }
        published.set(streams[slot].translated, to: nil)
        published.set(streams[slot].translatedControl, to: nil)
        ports.give(streams[slot].translated)
        streams[slot] = MediaStream()
        freeStreams.give(slot)
    }

    /// One holder less; `mark` is the stream's slot plus one, or 0.
    @_noLocks
    private mutating func release(stream mark: UInt32) {
        guard mark != 0 else { return }
        let slot = Int(mark) &- 1
        streams[slot].users &-= 1
        giveUp(stream: slot)
    }

    @_noLocks
    private mutating func retain(stream mark: UInt32) {
        if mark != 0 { streams[Int(mark) &- 1].users &+= 1 }
    }

    // MARK: Descriptions

    /// What a session description says of an m= line, as an offer or as the answer to one.
    struct Description {
        var call: UInt32
        var tag: UInt64
        var line: Int
        var side: Side
        var end: MediaEnd
        /// The stream of an inside end; nil for one that is not translated, and for outside ends.
        var stream: Int?

        @_noLocks
        init(call: UInt32, tag: UInt64, line: Int, side: Side, end: MediaEnd, stream: Int?) {
            self.call = call
            self.tag = tag
            self.line = line
            self.side = side
            self.end = end
            self.stream = stream
        }

        /// The stream's slot plus one, or 0.
        var mark: UInt32 { @_noLocks get { stream.map { UInt32(truncatingIfNeeded: $0 &+ 1) } ?? 0 } }
    }

    /// Notes an offer, which changes nothing until it is answered. False when there is no room.
    @_noLocks
    mutating func offer(_ description: Description, in list: inout UInt32) -> Bool {
        if description.tag != 0 { endTemplates(in: &list) }
        guard let slot = find(description.tag, description.line, in: list) ?? add(description, to: &list) else {
            if let stream = description.stream { giveUp(stream: stream) }
            return false
        }
        media[slot].offers |= 1 &<< description.side.rawValue
        media[slot].offered[Int(description.side.rawValue)] = description.end
        if description.side == .inside {
            retain(stream: description.mark)
            release(stream: media[slot].offeredStream)
            media[slot].offeredStream = description.mark
        }
        return true
    }

    /// Carries out an answer: both ends are what it and the offer say, and the flows follow. False when there is no room for
    /// all of them.
    @_noLocks
    mutating func answer(
        _ description: Description, in list: inout UInt32, now: UInt64, linger: UInt64
    ) -> Bool {
        guard
            let slot = find(description.tag, description.line, in: list)
                ?? copyTemplate(description, to: &list) ?? add(description, to: &list)
        else {
            if let stream = description.stream { giveUp(stream: stream) }
            return false
        }
        let own = Int(description.side.rawValue)
        media[slot].ends[own] = description.end
        if description.side == .inside {
            retain(stream: description.mark)
            release(stream: media[slot].stream)
            media[slot].stream = description.mark
        }
        accept(slot, description.side.other)
        return connect(slot, now: now, closes: now &+ linger)
    }

    /// What a side has offered is what it has from now on.
    @_noLocks
    private mutating func accept(_ slot: Int, _ side: Side) {
        let bit: UInt8 = 1 &<< side.rawValue
        guard media[slot].offers & bit != 0 else { return }
        media[slot].offers &= ~bit
        media[slot].ends[Int(side.rawValue)] = media[slot].offered[Int(side.rawValue)]
        guard side == .inside else { return }
        let before = media[slot].stream
        media[slot].stream = media[slot].offeredStream
        media[slot].offeredStream = 0
        release(stream: before)
    }

    /// Takes back what was offered in a dialog, and not answered.
    @_noLocks
    mutating func forgetOffers(of tag: UInt64, in list: UInt32) {
        var entry = list
        while entry != 0 {
            let slot = Int(entry) &- 1
            entry = media[slot].next
            guard media[slot].tag == tag else { continue }
            media[slot].offers = 0
            release(stream: media[slot].offeredStream)
            media[slot].offeredStream = 0
        }
    }

    @_noLocks
    private func find(_ tag: UInt64, _ line: Int, in list: UInt32) -> Int? {
        var entry = list
        while entry != 0 {
            let slot = Int(entry) &- 1
            if media[slot].tag == tag, Int(media[slot].line) == line { return slot }
            entry = media[slot].next
        }
        return nil
    }

    @_noLocks
    private mutating func add(_ description: Description, to list: inout UInt32) -> Int? {
        guard let slot = freeMedia.take() else { return nil }
        var item = CallMedia()
        item.call = description.call
        item.tag = description.tag
        item.line = UInt8(truncatingIfNeeded: description.line)
        item.next = list
        media[slot] = item
        list = UInt32(truncatingIfNeeded: slot &+ 1)
        return slot
    }

    /// The media of an offer that no tag was known for, once more for a dialog that answers it.
    @_noLocks
    private mutating func copyTemplate(_ description: Description, to list: inout UInt32) -> Int? {
        guard description.tag != 0, let template = find(0, description.line, in: list),
            let slot = add(description, to: &list)
        else { return nil }
        media[slot].offers = media[template].offers
        media[slot].offered = media[template].offered
        media[slot].offeredStream = media[template].offeredStream
        retain(stream: media[slot].offeredStream)
        return slot
    }

    @_noLocks
    private mutating func endTemplates(in list: inout UInt32) { end(&list, tag: 0) }

    // MARK: Flows

    /// Sees to it that there are flows between the two ends as they are now. Those that are not wanted any more stay open
    /// until `closes`, since both sides may still send to the old ones (RFC 3264 section 8.3.1).
    @_noLocks
    private mutating func connect(_ slot: Int, now: UInt64, closes: UInt64) -> Bool {
        let inside = media[slot].ends[0]
        let outside = media[slot].ends[1]
        // Who is on hold by the address 0.0.0.0 comes back (RFC 3264 section 8.4).
        if !inside.isThere && inside.isHeld || !outside.isThere && outside.isHeld { return true }
        var entry = media[slot].legs
        while entry != 0 {
            let leg = Int(entry) &- 1
            entry = legs[leg].next
            guard legs[leg].closes == 0, !isWanted(legs[leg], inside, outside) else { continue }
            setCloses(leg, closes)
        }
        guard media[slot].stream != 0, inside.isThere, outside.isThere else { return true }
        var isComplete = open(slot, outside.media, isControl: false, now)
        if MediaTable.hasControl(inside, outside) {
            isComplete = open(slot, outside.control, isControl: true, now) && isComplete
        }
        for index in 0..<outside.candidateCount {
            let candidate = outside.candidates[index]
            if candidate.isControl && !MediaTable.hasControl(inside, outside) { continue }
            isComplete = open(slot, candidate.endpoint, isControl: candidate.isControl, now) && isComplete
        }
        return isComplete
    }

    /// Whether RTCP has a flow of its own.
    @_noLocks
    private static func hasControl(_ inside: MediaEnd, _ outside: MediaEnd) -> Bool {
        inside.control.port != 0 && outside.control.port != 0 && !(inside.isMultiplexed && outside.isMultiplexed)
    }

    @_noLocks
    private func isWanted(_ leg: MediaLeg, _ inside: MediaEnd, _ outside: MediaEnd) -> Bool {
        guard inside.isThere, outside.isThere, leg.inside == (leg.isControl ? inside.control : inside.media) else {
            return false
        }
        if leg.isControl && !MediaTable.hasControl(inside, outside) { return false }
        if leg.outside == (leg.isControl ? outside.control : outside.media) { return true }
        for index in 0..<outside.candidateCount
        where outside.candidates[index].isControl == leg.isControl && outside.candidates[index].endpoint == leg.outside
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

    /// Opens the flows to an outside end unless they are open; those that were to be closed stay.
    @_noLocks
    private mutating func open(_ slot: Int, _ outside: Endpoint, isControl: Bool, _ now: UInt64) -> Bool {
        let stream = streams[Int(media[slot].stream) &- 1]
        let inside = isControl ? stream.control : stream.media
        var entry = media[slot].legs
        while entry != 0 {
            let leg = Int(entry) &- 1
            if legs[leg].outside == outside, legs[leg].inside == inside, legs[leg].isControl == isControl {
                if legs[leg].closes != 0 { setCloses(leg, 0) }
                return true
            }
            entry = legs[leg].next
        }
        guard let place = freeLegs.take() else { return false }
        var leg = MediaLeg()
        leg.number = numbers.next()
        leg.call = media[slot].call
        leg.line = media[slot].line
        leg.isControl = isControl
        leg.inside = inside
        leg.translated = isControl ? stream.translatedControl : stream.translated
        leg.outside = outside
        leg.clockRate = isControl ? 0 : media[slot].ends[1].clockRate
        leg.seen = now
        leg.stream = media[slot].stream
        leg.next = media[slot].legs
        retain(stream: leg.stream)
        legs.store(leg, at: place)
        media[slot].legs = UInt32(truncatingIfNeeded: place &+ 1)
        ask(.open, place)
        return true
    }

    @_noLocks
    private mutating func ask(_ kind: SIPRequest.Kind, _ slot: Int) {
        var request = SIPRequest(kind)
        request.leg = legs[slot]
        request.slot = slot
        ask(request)
    }

    // MARK: The end

    /// Closes the flows of a list whose time is over, and asks for a look at the others. When the next one's is, or the
    /// greatest number.
    @_noLocks
    mutating func expire(_ list: UInt32, now: UInt64) -> UInt64 {
        var next = UInt64.max
        var entry = list
        while entry != 0 {
            let item = Int(entry) &- 1
            var (previous, mark): (Int?, UInt32) = (nil, media[item].legs)
            while mark != 0 {
                let leg = Int(mark) &- 1
                mark = legs[leg].next
                if legs[leg].closes != 0, legs[leg].closes <= now {
                    close(leg, behind: previous, of: item)
                } else {
                    if legs[leg].closes != 0 { next = min(next, legs[leg].closes) } else { ask(.observe, leg) }
                    previous = leg
                }
            }
            entry = media[item].next
        }
        return next
    }

    /// The worker has looked at the flows of a leg: when a packet last passed.
    @_noLocks
    mutating func observed(_ leg: Int, number: UInt32, lastSeen: UInt64) {
        guard legs[leg].number == number, lastSeen > legs[leg].seen else { return }
        legs.beginChange(of: leg)
        legs[leg].seen = lastSeen
        legs.endChange(of: leg)
    }

    /// When a packet of any media of a list was last seen, whether any has flows, and whether all of those are held.
    @_noLocks
    func liveliness(of list: UInt32) -> (seen: UInt64, hasFlows: Bool, isHeld: Bool) {
        var result: (seen: UInt64, hasFlows: Bool, isHeld: Bool) = (0, false, true)
        var entry = list
        while entry != 0 {
            let item = Int(entry) &- 1
            var mark = media[item].legs
            while mark != 0 {
                let leg = Int(mark) &- 1
                result.seen = max(result.seen, legs[leg].seen)
                if legs[leg].closes == 0 { result.hasFlows = true }
                mark = legs[leg].next
            }
            if media[item].legs != 0, !media[item].ends[0].isHeld, !media[item].ends[1].isHeld { result.isHeld = false }
            entry = media[item].next
        }
        return result
    }

    /// Ends the media of a list at once: those of one dialog, or (nil) all of them.
    @_noLocks
    mutating func end(_ list: inout UInt32, tag: UInt64?) {
        var (previous, entry): (Int?, UInt32) = (nil, list)
        while entry != 0 {
            let item = Int(entry) &- 1
            let next = media[item].next
            if let tag, media[item].tag != tag {
                previous = item
            } else {
                while media[item].legs != 0 { close(Int(media[item].legs) &- 1, behind: nil, of: item) }
                release(stream: media[item].stream)
                release(stream: media[item].offeredStream)
                if let previous { media[previous].next = next } else { list = next }
                media[item] = CallMedia()
                freeMedia.give(item)
            }
            entry = next
        }
    }

    /// Closes a leg, which follows another on the list of its media, or is the first.
    @_noLocks
    private mutating func close(_ leg: Int, behind previous: Int?, of item: Int) {
        ask(.close, leg)
        let next = legs[leg].next
        if let previous {
            legs.beginChange(of: previous)
            legs[previous].next = next
            legs.endChange(of: previous)
        } else {
            media[item].legs = next
        }
        let stream = legs[leg].stream
        legs.store(MediaLeg(), at: leg)
        freeLegs.give(leg)
        release(stream: stream)
    }
}
