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
        let key = steering_tuple(data)
        switch request.kind {
        case .open:
            if !maps.pinholes.insert(key, steering_pinhole(data)) { gateway.count(.pinholesRefused) }
        case .observePinhole:
            var pinhole = steering_pinhole()
            let isThere = maps.pinholes.lookup(key, into: &pinhole)
            let port = isThere ? UInt16(bigEndian: UInt16(truncatingIfNeeded: pinhole.claimed_port)) : 0
            if gateway.pinholeObserved(request.data, usedFrom: port) { maps.pinholes.remove(key) }
        case .observeFlow:
            let forward = steering_tuple(data, from: data.opener)
            observe(FlowPair(forward: forward, reverse: steering_tuple(data, from: data.opener.other)), request.data)
        }
    }

    /// A connection has ended with both FINs or any RST; it was last seen when the later of its directions was.
    @_semantics("no_performance_analysis")
    private mutating func observe(_ pair: FlowPair, _ data: Int) {
        var forward = steering_flow()
        var reverse = steering_flow()
        let isThere = maps.flows.lookup(pair.forward, into: &forward) && maps.flows.lookup(pair.reverse, into: &reverse)
        let fin = UInt32(STEERING_FLOW_FIN.rawValue)
        let rst = UInt32(STEERING_FLOW_RST.rawValue)
        let both = forward.flags & reverse.flags
        let either = forward.flags | reverse.flags
        let hasEnded = !isThere || both & fin != 0 || either & rst != 0
        let lastSeen = UInt64(max(forward.last_seen, reverse.last_seen)) * 1_000_000_000
        if gateway.flowObserved(data, lastSeen: lastSeen, hasEnded: hasEnded) { maps.flows.remove(pair) }
    }
}

extension steering_tuple {
    /// The key of a data connection's pinhole.
    @_noLocks
    init(_ data: DataConnection) {
        self.init()
        if data.opener == .outside {
            source = steering_address(data.outside.address)
            destination = steering_address(data.translated.address)
            destination_port = data.translated.port.bigEndian
        } else {
            source = steering_address(data.inside.address)
            destination = steering_address(data.outside.address)
            destination_port = data.outside.port.bigEndian
        }
        `protocol` = 6
        family = 4
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
        source = steering_address(from.address)
        source_port = from.port.bigEndian
        destination = steering_address(to.address)
        destination_port = to.port.bigEndian
        `protocol` = 6
        family = 4
        self.side = side.rawValue
    }
}

extension steering_pinhole {
    /// The pinhole of a data connection: from outside to the inside end; from inside with the public endpoint as source.
    @_noLocks
    init(_ data: DataConnection) {
        self.init()
        if data.opener == .outside {
            leaves.source = steering_address(data.outside.address)
            leaves.destination = steering_address(data.inside.address)
            leaves.destination_port = data.inside.port.bigEndian
        } else {
            leaves.source = steering_address(data.translated.address)
            leaves.source_port = data.translated.port.bigEndian
            leaves.destination = steering_address(data.outside.address)
            leaves.destination_port = data.outside.port.bigEndian
        }
        conversation = data.conversation
        expires = UInt32(truncatingIfNeeded: data.expires / 1_000_000_000 &+ 1)
    }
}
