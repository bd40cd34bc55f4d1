import CSteering
import Rewriting
import Steering
import WireFormats

/// What the gateway asks for in the maps of the XDP program.
extension Worker {
    /// Carries out a request.
    ///
    /// Exempt from `@_noLocks`: some system calls for each data connection, and a few more while it lasts.
    @_semantics("no_performance_analysis")
    mutating func carryOut(_ request: DataRequest) {
        let data = gateway.data(request.data)
        switch request.kind {
        case .open: open(data, request.data)
        case .observePinhole: observePinhole(data, request.data)
        case .observeFlow:
            let forward = steering_tuple(data, from: data.opener)
            let pair = FlowPair(forward: forward, reverse: steering_tuple(data, from: data.opener.other))
            if observe(pair, request.data) {
                maps.flows.remove(pair)
                maps.filter.remove(data)
            }
        }
    }

    /// The claim of this worker's first data connection; each worker has as many as it has room for data connections.
    private var firstClaim: Int { @_noLocks get { sockets.worker &* gateway.dataCapacity } }

    /// The filter knows of it before the pinhole is there, and until all of it has gone.
    @_semantics("no_performance_analysis")
    private mutating func open(_ data: DataConnection, _ slot: Int) {
        maps.filter.add(data)
        maps.claims.open(firstClaim + slot, serial: data.number)
        let pinhole = steering_pinhole(data, claim: firstClaim + slot)
        if !maps.pinholes.insert(steering_tuple(data), pinhole) { gateway.count(.pinholesRefused) }
    }

    /// Shuts the pinhole for the moment of the look: when it has not been used by then, it will not be while the gateway
    /// decides whether it is done with it.
    @_semantics("no_performance_analysis")
    private mutating func observePinhole(_ data: DataConnection, _ slot: Int) {
        switch maps.claims.shut(firstClaim + slot, serial: data.number) {
        case .used(let port):
            if gateway.pinholeObserved(slot, usedFrom: UInt16(bigEndian: port)) {
                maps.pinholes.remove(steering_tuple(data))
            }
        case .shut:
            if gateway.pinholeObserved(slot, usedFrom: 0) {
                maps.pinholes.remove(steering_tuple(data))
                maps.filter.remove(data)
            } else {
                maps.claims.reopen(firstClaim + slot, serial: data.number)
            }
        }
    }

    /// A connection was last seen when the later of its directions was. Whether
    /// its flows are to be removed.
    @_semantics("no_performance_analysis")
    private mutating func observe(_ pair: FlowPair, _ data: Int) -> Bool {
        var forward = steering_flow()
        var reverse = steering_flow()
        let isThere = maps.flows.lookup(pair.forward, into: &forward) && maps.flows.lookup(pair.reverse, into: &reverse)
        let hasEnded = !isThere || steering_flow.haveEnded(forward, reverse)
        let lastSeen = UInt64(max(forward.last_seen, reverse.last_seen)) * 1_000_000_000
        return gateway.flowObserved(data, lastSeen: lastSeen, hasEnded: hasEnded)
    }
}

extension Filter {
    /// Packets from inside show the inside address, those from outside the public one.
    @_noLocks
    func add(_ data: DataConnection) {
        add(near: data.inside.address.bigEndian, far: data.outside.address.bigEndian)
        add(near: data.translated.address.bigEndian, far: data.outside.address.bigEndian)
    }

    /// Takes back what `add` did.
    @_noLocks
    func remove(_ data: DataConnection) {
        remove(near: data.inside.address.bigEndian, far: data.outside.address.bigEndian)
        remove(near: data.translated.address.bigEndian, far: data.outside.address.bigEndian)
    }
}

extension steering_tuple {
    /// The key of a data connection's pinhole.
    @_noLocks
    init(_ data: DataConnection) {
        self.init()
        if data.opener == .outside {
            source = data.outside.address.bigEndian
            destination = data.translated.address.bigEndian
            destination_port = data.translated.port.bigEndian
        } else {
            source = data.inside.address.bigEndian
            destination = data.outside.address.bigEndian
            destination_port = data.outside.port.bigEndian
        }
        `protocol` = 6
        side = data.opener.rawValue
    }
}

extension steering_tuple {
    /// The key of the flow of a data connection's packets that arrive on a side.
    @_noLocks
    public init(_ data: DataConnection, from side: Side) {
        self.init()
        let from = side == .inside ? data.inside : data.outside
        let to = side == .inside ? data.outside : data.translated
        source = from.address.bigEndian
        source_port = from.port.bigEndian
        destination = to.address.bigEndian
        destination_port = to.port.bigEndian
        `protocol` = 6
        self.side = side.rawValue
    }
}

extension steering_pinhole {
    /// The pinhole of a data connection: from outside to the inside end; from inside with the public endpoint as source.
    @_noLocks
    init(_ data: DataConnection, claim: Int) {
        self.init()
        if data.opener == .outside {
            leaves.source = data.outside.address.bigEndian
            leaves.destination = data.inside.address.bigEndian
            leaves.destination_port = data.inside.port.bigEndian
        } else {
            leaves.source = data.translated.address.bigEndian
            leaves.source_port = data.translated.port.bigEndian
            leaves.destination = data.outside.address.bigEndian
            leaves.destination_port = data.outside.port.bigEndian
        }
        conversation = data.conversation
        self.claim = UInt32(truncatingIfNeeded: claim)
        serial = data.number
        expires = UInt32(truncatingIfNeeded: data.expires / 1_000_000_000 &+ 1)
    }
}
