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
    /// Those of them that nobody else has for TCP; nil when there are too few.
    private let portsForTCP: ClosedRange<UInt16>?
    var numbers: Numbers
    private let published: PublicEndpoints
    private var requests: Slots<SIPRequest>
    /// How many requests wait.
    private(set) var requestCount = 0

    /// Room for `capacity` pairs of flows; `ports` are pairs, of which some are for TCP, too.
    init(
        capacity: Int, descriptor: Int32, ports: consuming PortBlock, portsForTCP: ClosedRange<UInt16>?,
        published: PublicEndpoints, share: WorkerShare
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
        self.portsForTCP = portsForTCP
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
    /// `frees` if nobody uses it, and has `pairs` pairs of ports free for it; nil when slots or ports have run out.
    @_noLocks
    mutating func stream(
        for end: MediaEnd, pairs: Int = 1, in lists: inout CallMediaLists, call: UInt32, at callSlot: Int,
        _ lottery: inout Lottery, frees: UInt64
    ) -> Int? {
        if let slot = find(end, in: lists) { return slot }
        guard lists.streamCount < CallMediaLists.streamMax, let draw = draw(for: end, pairs: pairs, &lottery),
            let slot = freeStreams.take()
        else { return nil }
        var stream = MediaStream(end)
        stream.call = call
        stream.callSlot = callSlot
        stream.frees = frees
        stream.translated = ports.take(draw, for: .data(slot))
        begin(stream, at: slot, in: &lists)
        return slot
    }

    /// The stream for one more end of the media of which a stream is the first: `steps` pairs of ports above that; nil when
    /// there is none any more, or the end has other ports already.
    @_noLocks
    mutating func stream(for end: MediaEnd, _ steps: Int, above first: Int, in lists: inout CallMediaLists) -> Int? {
        var stream = MediaStream(end)
        stream.call = streams[first].call
        stream.callSlot = streams[first].callSlot
        stream.frees = streams[first].frees
        stream.translated = streams[first].translated
        stream.translated.port &+= UInt16(truncatingIfNeeded: 2 &* steps)
        if let slot = find(end, in: lists) { return streams[slot].translated == stream.translated ? slot : nil }
        guard lists.streamCount < CallMediaLists.streamMax, ports.isFree(stream.translated),
            let slot = freeStreams.take()
        else { return nil }
        ports.take(stream.translated, for: .data(slot))
        begin(stream, at: slot, in: &lists)
        return slot
    }

    @_noLocks
    private func find(_ end: MediaEnd, in lists: CallMediaLists) -> Int? {
        var entry = lists.streams
        while entry != 0 {
            let slot = Int(entry) &- 1
            if streams[slot].isOf(end) { return slot }
            entry = streams[slot].next
        }
        return nil
    }

    /// How often ports are drawn until they have what few have.
    private static var draws: Int { @_noLocks get { 128 } }

    /// Free ports for an inside end: for TCP such as nobody else has there, and for several pairs such as follow each other.
    @_noLocks
    private func draw(for end: MediaEnd, pairs: Int, _ lottery: inout Lottery) -> PortBlock.Draw? {
        let address = ports.address(for: end.media.address)
        var isTCP = false
        if case .tcp = end.transport { isTCP = true }
        guard isTCP || pairs > 1 else { return ports.draw(address, by: lottery.draw()) }
        for _ in 0..<MediaTable.draws {
            guard let draw = ports.draw(address, by: lottery.draw()) else { return nil }
            if isTCP {
                guard let portsForTCP else { return nil }
                guard portsForTCP.contains(draw.endpoint.port) else { continue }
            }
            if areFree(pairs, from: draw.endpoint) { return draw }
        }
        return nil
    }

    @_noLocks
    private func areFree(_ pairs: Int, from first: Endpoint) -> Bool {
        for step in 1..<max(1, pairs) {
            let port = Int(first.port) &+ 2 &* step
            guard port <= 65535, ports.isFree(Endpoint(first.address, UInt16(port))) else { return false }
        }
        return true
    }

    @_noLocks
    private mutating func begin(_ stream: MediaStream, at slot: Int, in lists: inout CallMediaLists) {
        streams[slot] = stream
        streams[slot].next = lists.streams
        lists.streams = UInt32(truncatingIfNeeded: slot &+ 1)
        lists.streamCount &+= 1
        published.set(stream.translated, to: stream.media)
        if stream.control.port != 0 { published.set(stream.translatedControl, to: stream.control) }
        if case .tcp = stream.transport { askForConnections(to: stream) }
    }

    /// Has connections to the public ports of a stream of TCP brought here, or no longer.
    @_noLocks
    private mutating func askForConnections(to stream: MediaStream) {
        askForConnections(to: stream.translated.port)
        if stream.control.port != 0 { askForConnections(to: stream.translatedControl.port) }
    }

    @_noLocks
    private mutating func askForConnections(to port: UInt16) {
        var request = SIPRequest(isAwaitingConnections(port) ? .listen : .unlisten)
        request.port = port
        ask(request)
    }

    /// Whether a public port is that of a stream of TCP, on any of the addresses.
    @_noLocks
    private func isAwaitingConnections(_ port: UInt16) -> Bool {
        for address in 0..<ports.addressCount {
            let endpoint = ports.endpoint(address, port)
            guard case .data(let slot)? = ports.owner(of: endpoint), case .tcp = streams[slot].transport else {
                continue
            }
            if endpoint == streams[slot].translated || streams[slot].control.port != 0 { return true }
        }
        return false
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
        if case .tcp = stream.transport { askForConnections(to: stream) }
        if let previous { streams[previous].next = stream.next } else { lists.streams = stream.next }
        lists.streamCount &-= 1
        streams[slot] = MediaStream()
        freeStreams.give(slot)
    }
}
