import FlowTables
import WireFormats

/// Data connections of conversations: what the caller asks about them, and what it tells about their pinholes and flows,
/// which stand in maps that the gateway does not know.
extension Gateway {
    /// How many data connections there are.
    public var dataCount: Int { @_noLocks get { surroundings.data.count } }

    /// How many requests wait.
    public var requestCount: Int { @_noLocks get { surroundings.data.requestCount } }

    /// A request that waits.
    @_noLocks
    public func request(_ index: Int) -> DataRequest { surroundings.data.request(index) }

    /// The most data connections there can be.
    public var dataCapacity: Int { @_noLocks get { surroundings.data.capacity } }

    /// A data connection.
    @_noLocks
    public func data(_ slot: Int) -> DataConnection { surroundings.data[slot] }

    /// Sees to pinholes just opened: they are looked at before long.
    @_noLocks
    mutating func scheduleData() {
        for place in 0..<surroundings.data.requestCount where surroundings.data.request(place).kind == .open {
            scheduleData(surroundings.data.request(place).data)
        }
    }

    @_noLocks
    private mutating func scheduleData(_ data: Int) {
        let look = surroundings.now &+ min(surroundings.settings.connection.keepalive / 2, 2_000_000_000)
        wheel.set(conversations.count &+ data, deadline: look)
    }

    /// The caller has looked at a pinhole: `port` is where the packet came from that used it, or 0. True when the
    /// pinhole is to be removed from the map.
    @_noLocks
    public mutating func pinholeObserved(_ data: Int, usedFrom port: UInt16) -> Bool {
        let connection = surroundings.data[data]
        if port != 0 {
            count(.pinholesUsed)
            surroundings.data.use(data, from: port)
            touch(connection)
            scheduleData(data)
            return true
        }
        if connection.phase == .closing || surroundings.now >= connection.expires {
            count(connection.phase == .closing ? .pinholesClosed : .pinholesExpired)
            wheel.clear(conversations.count &+ data)
            surroundings.data.end(data)
            return true
        }
        scheduleData(data)
        return false
    }

    /// The caller has looked at the two flows of a data connection: when the newest packet passed, and whether they
    /// have ended (both FINs, or a RST). True when the flows are to be removed from the map.
    @_noLocks
    public mutating func flowObserved(_ data: Int, lastSeen: UInt64, hasEnded: Bool) -> Bool {
        let times = surroundings.settings.connection
        if surroundings.now >= lastSeen &+ (hasEnded ? times.transitory : times.idle) {
            count(.flowsEnded)
            wheel.clear(conversations.count &+ data)
            surroundings.data.end(data)
            return true
        }
        if !hasEnded { touch(surroundings.data[data]) }
        scheduleData(data)
        return false
    }

    /// A data connection is alive, and so is its conversation, unless that has ended.
    @_noLocks
    private mutating func touch(_ data: DataConnection) {
        guard conversations[data.slot].number == data.conversation, conversations[data.slot].phase == .open else {
            return
        }
        conversations.beginChange(of: data.slot)
        conversations[data.slot].dataSeen = surroundings.now
        conversations.endChange(of: data.slot)
    }
}
