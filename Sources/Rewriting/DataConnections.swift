import FlowTables
import PlainMemory
import WireFormats

/// All data connections, and what they need: slots, public ports, and a list of requests to the worker.
///
/// Invariant: a slot that is not free has a public endpoint, which the port block says is its own; so no two live
/// data connections or conversations share one.
public struct DataConnections: ~Copyable {
    private var connections: SharedSlots<DataConnection>
    private var free: FreeList
    private var requests: Slots<DataRequest>
    /// How many requests wait.
    public private(set) var requestCount = 0
    /// How many did not fit.
    private(set) var requestsLost = 0
    /// The public ports, shared with the control conversations.
    public internal(set) var ports: PortBlock
    private let aim: QueueAim?
    private var lottery: Lottery
    private var numbers: Numbers

    /// Room for `capacity` data connections; the table stands in a file if there is a descriptor for one, else -1.
    public init(
        capacity: Int, descriptor: Int32, ports: consuming PortBlock, aim: consuming QueueAim? = nil,
        lottery: consuming Lottery, share: WorkerShare = WorkerShare()
    ) throws(TableError) {
        let connections = try SharedSlots<DataConnection>(count: capacity, descriptor: descriptor)
        let free = try FreeList(count: capacity)
        requests = try Slots(count: 256)
        self.connections = connections
        self.free = free
        self.ports = ports
        self.aim = aim
        self.lottery = lottery
        numbers = Numbers(share)
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
    public mutating func clearRequests() {
        requestCount = 0
        requestsLost = 0
    }

    /// How often a port is drawn until the card brings its packets to this worker. With a queue of 32 for each worker
    /// one conversation in 58 comes out of it with a port of another queue.
    private static var draws: Int { @_noLocks get { 128 } }

    /// Draws a public endpoint for the conversation of an inside host with a server: one on which the card brings the
    /// server's packets to this worker, or after a number of draws any.
    ///
    /// Every port is as likely as every other that the card treats alike, and each endpoint has kernel's randomness of
    /// its own, so that none tells anything about the next (RFC 6056 section 3.3.1).
    @_noLocks
    mutating func takePort(for inside: IPv4Address, to server: Endpoint, conversation slot: Int) -> Endpoint? {
        let address = ports.address(for: inside)
        let number = lottery.draw()
        var series = NumberSeries(seed: number)
        guard var draw = ports.draw(address, by: number) else { return nil }
        for _ in 1..<DataConnections.draws {
            guard let misses = aim?.misses(server, draw.endpoint), misses,
                let next = ports.draw(address, by: series.next())
            else { break }
            draw = next
        }
        return ports.take(draw, for: .conversation(slot))
    }

    /// Notes an announcement made by the side other than `opener`; none when slots or ports have run out.
    @_noLocks
    mutating func announce(
        inside: Endpoint, outside: Endpoint, opener: Side, slot conversationSlot: Int, conversation: UInt32
    ) -> Announcement {
        guard let slot = free.take() else { return .none }
        // Any port will do: XDP translates the data connection on whatever queue it arrives.
        guard let draw = ports.draw(ports.address(for: inside.address), by: lottery.draw()) else {
            free.give(slot)
            return .none
        }
        let number = numbers.next()
        var connection = DataConnection()
        connection.phase = .announced
        connection.opener = opener
        connection.number = number
        connection.slot = conversationSlot
        connection.conversation = conversation
        connection.inside = inside
        connection.outside = outside
        connection.translated = ports.take(draw, for: .data(slot))
        connections.store(connection, at: slot)
        return Announcement(slot: slot, number: number)
    }

    /// Opens the pinhole of an announcement.
    @_noLocks
    mutating func open(_ slot: Int, expires: UInt64) {
        var connection = connections[slot]
        connection.phase = .open
        connection.expires = expires
        connections.store(connection, at: slot)
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
            var connection = connections[slot]
            connection.phase = .closing
            connections.store(connection, at: slot)
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
        var connection = connections[slot]
        connection.phase = .flowing
        if connection.opener == .inside {
            connection.inside.port = port
        } else {
            connection.outside.port = port
        }
        connections.store(connection, at: slot)
    }

    /// Frees the slot and its public endpoint.
    @_noLocks
    mutating func end(_ slot: Int) {
        ports.give(connections[slot].translated)
        connections.store(DataConnection(), at: slot)
        free.give(slot)
    }

    @_noLocks
    private mutating func ask(_ kind: DataRequest.Kind, _ slot: Int) {
        // A packet cannot cause more requests than commands may wait for replies, twice; a timer causes one.
        guard requestCount < requests.count else {
            requestsLost &+= 1
            return
        }
        requests[requestCount] = DataRequest(kind: kind, data: slot)
        requestCount &+= 1
    }
}
