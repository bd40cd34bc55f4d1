import CXDP
import FlowTables
import PlainMemory
import WireFormats

/// All data connections, and what they need: slots, public ports, and a list of requests to the worker.
///
/// Invariant: a slot that is not free has a public endpoint, which the port block says is its own; so no two live
/// data connections or conversations share one.
public struct DataConnections: ~Copyable {
    private var connections: Slots<DataConnection>
    private var free: FreeList
    private var requests: Slots<DataRequest>
    /// How many requests wait.
    public private(set) var requestCount = 0
    /// The public ports, shared with the control conversations.
    public internal(set) var ports: PortBlock
    private var lottery: Lottery
    private var lastNumber: UInt32 = 0

    /// Room for `capacity` data connections; the table stands in a file if there is a descriptor for one, else -1.
    public init(
        capacity: Int, descriptor: Int32, ports: consuming PortBlock, lottery: Lottery
    ) throws(TableError) {
        let connections = try Slots<DataConnection>(count: capacity, descriptor: descriptor)
        let free = try FreeList(count: capacity)
        requests = try Slots(count: 256)
        self.connections = connections
        self.free = free
        self.ports = ports
        self.lottery = lottery
    }

    /// The most there can be.
    public var capacity: Int { @_noLocks get { connections.count } }

    /// How many there are.
    public var count: Int { @_noLocks get { connections.count &- free.available } }

    /// A data connection.
    public subscript(slot: Int) -> DataConnection {
        @_noLocks get { connections[slot] }
    }

    /// A request that waits.
    @_noLocks
    public func request(_ index: Int) -> DataRequest { requests[index] }

    /// Forgets the requests, which have been carried out.
    @_noLocks
    public mutating func clearRequests() { requestCount = 0 }

    /// Draws a public endpoint for an inside host.
    @_noLocks
    mutating func takePort(for inside: IPv4Address, owner: PortBlock.Owner) -> Endpoint? {
        ports.take(ports.address(for: inside), for: owner, drawn: lottery.draw())
    }

    /// Notes an announcement made by the side other than `opener`; none when slots or ports have run out.
    @_noLocks
    mutating func announce(
        inside: Endpoint, outside: Endpoint, opener: Side, slot conversationSlot: Int, conversation: UInt32
    ) -> Announcement {
        guard let slot = free.take() else { return .none }
        guard let translated = takePort(for: inside.address, owner: .data(slot)) else {
            free.give(slot)
            return .none
        }
        lastNumber &+= 1
        var connection = DataConnection()
        connection.phase = .announced
        connection.opener = opener
        connection.number = lastNumber
        connection.slot = conversationSlot
        connection.conversation = conversation
        connection.inside = inside
        connection.outside = outside
        connection.translated = translated
        connections[slot] = connection
        return Announcement(slot: slot, number: lastNumber)
    }

    /// Opens the pinhole of an announcement.
    @_noLocks
    mutating func open(_ slot: Int, expires: UInt64) {
        connections[slot].phase = .open
        connections[slot].expires = expires
        ask(.open, slot)
    }

    /// Gives up what was announced and has not been used: an announcement at once, a pinhole after a look whether it has
    /// been used just now. Nothing happens if the data connection has come to its end already.
    @_noLocks
    mutating func close(_ announcement: Announcement) {
        let slot = announcement.slot
        guard announcement.exists, connections[slot].number == announcement.number else { return }
        switch connections[slot].phase {
        case .announced: end(slot)
        case .open:
            connections[slot].phase = .closing
            ask(.observePinhole, slot)
        case .free, .closing, .flowing: break
        }
    }

    /// Asks for a look at the pinhole or the flows.
    @_noLocks
    mutating func observe(_ slot: Int) {
        switch connections[slot].phase {
        case .open, .closing: ask(.observePinhole, slot)
        case .flowing: ask(.observeFlow, slot)
        case .free, .announced: break
        }
    }

    /// Notes that the pinhole was used by a packet from this port.
    @_noLocks
    mutating func use(_ slot: Int, from port: UInt16) {
        connections[slot].phase = .flowing
        if connections[slot].opener == .inside {
            connections[slot].inside.port = port
        } else {
            connections[slot].outside.port = port
        }
    }

    /// Frees the slot and its public endpoint.
    @_noLocks
    mutating func end(_ slot: Int) {
        ports.give(connections[slot].translated)
        connections[slot] = DataConnection()
        free.give(slot)
    }

    @_noLocks
    private mutating func ask(_ kind: DataRequest.Kind, _ slot: Int) {
        // A packet cannot cause more requests than commands may wait for replies, twice; a timer causes one.
        guard requestCount < requests.count else { return }
        requests[requestCount] = DataRequest(kind: kind, data: slot)
        requestCount &+= 1
    }
}

/// Random numbers for public ports, which nobody outside may guess: the kernel's, or in tests a repeatable series.
public struct Lottery: BitwiseCopyable, Sendable {
    private var seed: UInt64

    /// The kernel's random numbers for seed 0, else a series that depends on the seed only.
    @_noLocks
    public init(seed: UInt64) { self.seed = seed }

    /// A number.
    @_noLocks
    mutating func draw() -> UInt64 {
        guard seed != 0 else { return sp_random64() }
        // SplitMix64 (Steele, Lea, Flood 2014).
        seed &+= 0x9e37_79b9_7f4a_7c15
        var number = (seed ^ seed >> 30) &* 0xbf58_476d_1ce4_e5b9
        number = (number ^ number >> 27) &* 0x94d0_49bb_1331_11eb
        return number ^ number >> 31
    }
}
