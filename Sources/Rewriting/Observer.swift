import FlowTables
import PlainMemory
import WireFormats

/// Watches control conversations on the inside, as the ends see them, and says what the gateway would change. It
/// changes nothing, so both number spaces of a stream are one here.
///
/// Not for the packet path: it allocates. Invariant: what a stream has read is acknowledged at once, so that no buffer
/// outlives a packet unless a line or a gap is open.
public struct Observer: ~Copyable {
    /// Something that the gateway would do.
    public enum Observation: Sendable, CustomStringConvertible {
        /// A line would go on as another, or not at all.
        case edit(from: Endpoint, to: Endpoint, line: String, replacement: String)
        /// A door would open, once, for a peer, to a place behind.
        case pinhole(from: IPv4Address, to: Endpoint, behind: Endpoint)

        /// One line for people.
        public var description: String {
            switch self {
            case .edit(let from, let to, let line, let replacement):
                "\(from) > \(to): \(line.debugDescription) would become \(replacement.debugDescription)"
            case .pinhole(let from, let to, let behind): "would open once: \(from) > \(to), leads to \(behind)"
            }
        }
    }

    private struct Ends: Hashable {
        var inside: Endpoint
        var outside: Endpoint
    }

    private var conversations: [Ends: Conversation] = [:]
    private var pool: BlockPool
    private var surroundings: Surroundings
    /// For conversations of SIP, which are not watched.
    private var sip: SIPGateway
    private let services: Set<UInt16>
    private var lastNumber: UInt32 = 0

    /// Watches conversations to these ports, as a gateway with these public addresses and ports would treat them.
    public init(addresses: [IPv4Address], ports: ClosedRange<UInt16>, services: [UInt16]) throws(TableError) {
        let block = try PortBlock(addresses, ports)
        let data = try DataConnections(capacity: 4096, descriptor: -1, ports: block, lottery: Lottery(seed: 0))
        let surroundings = try Surroundings(settings: Settings(), counters: try Counters(descriptor: -1), data: data)
        let pool = try BlockPool(count: 1024)
        let sip = try SIPGateway.off()
        self.surroundings = surroundings
        self.pool = pool
        self.sip = sip
        self.services = Set(services)
    }

    /// Reads a packet that came from a side.
    public mutating func receive(_ frame: RawSpan, _ segment: TCPPacket, from side: Side) -> [Observation] {
        let isInside = side == .inside
        let ends = Ends(
            inside: isInside ? segment.source : segment.destination,
            outside: isInside ? segment.destination : segment.source)
        guard services.contains(ends.outside.port) else { return [] }
        if isInside, segment.flags.has(.syn), !segment.flags.has(.ack) { open(ends, segment) }
        guard var conversation = conversations.removeValue(forKey: ends) else { return [] }
        if segment.flags.has(.syn), !isInside { conversation.connection.answer(by: side, segment, &pool) }
        var observations: [Observation] = []
        if !segment.flags.has(.syn), !segment.flags.has(.rst) {
            _ = conversation.connection.streams[Int(side.rawValue)].receive(segment, frame, &pool)
            observations = read(&conversation, side)
        }
        if segment.flags.has(.rst) || segment.flags.has(.fin) {
            conversation.session.close(&surroundings)
            conversation.connection.release(&pool)
        } else {
            conversations[ends] = conversation
        }
        return observations + doors()
    }

    private mutating func open(_ ends: Ends, _ segment: TCPPacket) {
        lastNumber &+= 1
        var conversation = Conversation(.ftp)
        conversation.number = lastNumber
        conversation.inside = ends.inside
        conversation.outside = ends.outside
        conversation.connection.open(by: .inside, segment)
        conversations[ends] = conversation
    }

    /// Lets the session read what it can, and notes what it would have changed.
    private mutating func read(_ conversation: inout Conversation, _ side: Side) -> [Observation] {
        let stream = Int(side.rawValue)
        var observations: [Observation] = []
        while conversation.connection.streams[stream].buffer.held > 0 {
            let line = conversation.held(side, pool)
            switch conversation.inspectHeld(side, conversation.ends(0), pool, &surroundings, &sip) {
            case .wait: return observations
            case .pass(let count): conversation.connection.streams[stream].pass(count)
            case .replace(let count, let length):
                observations.append(
                    .edit(
                        from: side == .inside ? conversation.inside : conversation.outside,
                        to: side == .inside ? conversation.outside : conversation.inside,
                        line: Observer.text(line.prefix(count)),
                        replacement: Observer.text(surroundings.written(length))))
                conversation.connection.streams[stream].pass(count)
            }
            conversation.connection.streams[stream].acknowledgeAll(&pool)
        }
        return observations
    }

    /// The pinholes that would open now; those that would be shut are forgotten.
    private mutating func doors() -> [Observation] {
        var observations: [Observation] = []
        for place in 0..<surroundings.data.requestCount {
            let request = surroundings.data.request(place)
            let data = surroundings.data[request.data]
            switch request.kind {
            case .open where data.opener == .outside:
                observations.append(.pinhole(from: data.outside.address, to: data.translated, behind: data.inside))
            case .open: observations.append(.pinhole(from: data.inside.address, to: data.outside, behind: data.outside))
            case .observePinhole: surroundings.data.end(request.data)
            case .observeFlow: break
            }
        }
        surroundings.data.clearRequests()
        return observations
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self).trimmingSuffix { $0.isNewline }
    }
}

extension Surroundings {
    /// What was written to the workbench.
    fileprivate func written(_ length: Int) -> [UInt8] {
        let bytes = workbench.bytes(Surroundings.bench, 0..<length)
        return (0..<length).map { bytes.octet(at: $0) }
    }
}

extension Conversation {
    /// The bytes held in the stream from a side.
    fileprivate func held(_ side: Side, _ pool: borrowing BlockPool) -> [UInt8] {
        let bytes = connection.streams[Int(side.rawValue)].buffer.heldBytes(pool)
        return (0..<bytes.byteCount).map { bytes.octet(at: $0) }
    }
}

extension Stream {
    /// Takes everything that is decided as read by the target.
    fileprivate mutating func acknowledgeAll(_ pool: inout BlockPool) {
        didSend(to: end)
        _ = acknowledge(end, window: 65535, &pool)
    }
}

extension String {
    fileprivate func trimmingSuffix(_ isDropped: (Character) -> Bool) -> String {
        guard let last = lastIndex(where: { !isDropped($0) }) else { return "" }
        return String(self[...last])
    }
}
