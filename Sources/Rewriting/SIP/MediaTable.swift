import FlowTables
import PlainMemory
import WireFormats

/// The media of all calls of one worker, their public ports, and the flows that XDP is asked to have for them.
///
/// Invariants: each media and each stream is on the list of one call; each leg that is not free is on its stream's list,
/// and its flows are open, or requested to be. Streams have the media counted that have them; their ports are free again
/// when they have no users and no legs, and their time is over.
struct MediaTable: ~Copyable {
    var media: Slots<CallMedia>
    var streams: Slots<MediaStream>
    var legs: SharedSlots<MediaLeg>
    var freeMedia: FreeList
    private var freeStreams: FreeList
    var freeLegs: FreeList
    var ports: PortBlock
    var numbers: Numbers
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
    mutating func ask(_ kind: SIPRequest.Kind, _ slot: Int) {
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
    mutating func retain(stream mark: UInt32) {
        if mark != 0 { streams[Int(mark) &- 1].users &+= 1 }
    }

    /// One user less: without any, the stream ends at `frees`.
    @_noLocks
    mutating func release(stream mark: UInt32, frees: UInt64) {
        guard mark != 0 else { return }
        let slot = Int(mark) &- 1
        streams[slot].users &-= 1
        streams[slot].frees = frees
    }

    @_noLocks
    mutating func end(stream slot: Int, behind previous: Int?, in lists: inout CallMediaLists) {
        let stream = streams[slot]
        published.set(stream.translated, to: nil)
        published.set(stream.translatedControl, to: nil)
        ports.give(stream.translated)
        if let previous { streams[previous].next = stream.next } else { lists.streams = stream.next }
        lists.streamCount &-= 1
        streams[slot] = MediaStream()
        freeStreams.give(slot)
    }
}
