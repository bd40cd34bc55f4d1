import CSteering
import CXDP
import Dataplane
import Foundation
import PlainMemory
import Rewriting
import Steering
import WireFormats
import XDPSockets

/// What a running gateway is doing, read from its tables and maps without stopping it: each entry as it was at one
/// moment of the reading.
public struct Snapshot {
    /// What the gateway says of itself.
    public let state: GatewayState
    private let directory: String
    let maps: SteeringMaps
    private let now = sp_now()

    /// Looks into the state directory of a gateway. Needs root, for the maps.
    /// - Throws: `ControlError` when no gateway runs there.
    public init(directory: String) throws {
        switch try StateDirectory.content(of: directory) {
        case .running(let state): self.state = state
        case .starting(let pid):
            throw ControlError("the gateway\(pid.map { " with pid \($0)" } ?? "") is still starting; try again")
        case .none, .stale:
            throw ControlError(
                "no gateway runs with the state directory \(directory); start it with `sallyport run --config FILE`, "
                    + "or name its configuration with --config")
        }
        self.directory = directory
        maps = try SteeringMaps(ids: state.maps)
    }

    // MARK: Counters

    /// One counter.
    public struct Counter: Codable, Sendable {
        /// Where it is kept: `xdp`, `worker 0` and so on, or a socket, such as `lan0/0` for queue 0 of lan0.
        public let place: String
        /// Its name.
        public let name: String
        /// Its value.
        public let count: UInt64
        /// What it counts.
        public let meaning: String

        /// A counter from its parts.
        public init(place: String, name: String, count: UInt64, meaning: String) {
            self.place = place
            self.name = name
            self.count = count
            self.meaning = meaning
        }
    }

    /// All counters: of the XDP program, of the workers, and of their sockets and hand-over as of the last second.
    public func counters() throws -> [Counter] {
        let program = try maps.counters.readings().map {
            Counter(place: "xdp", name: $0.name, count: $0.packets, meaning: $0.meaning)
        }
        return try program + state.workers.indices.flatMap(counters)
    }

    private func counters(_ worker: Int) throws -> [Counter] {
        let values: Slots<UInt64> = try TableFile.counters.read(directory, worker: worker)
        let place = "worker \(worker)"
        let own = Rewriting.Counter.allCases.map {
            Counter(place: place, name: "\($0)", count: values[$0.rawValue], meaning: $0.meaning)
        }
        let sip: Slots<UInt64> = try TableFile.sipCounters.read(directory, worker: worker)
        let ownOfSIP = SIPCounter.allCases.map {
            Counter(place: place, name: "\($0)", count: sip[$0.rawValue], meaning: $0.meaning)
        }
        let exchanged = try report(worker).named.map {
            Counter(place: place, name: $0.name, count: $0.count, meaning: $0.meaning)
        }
        let sockets = try zip(state.workers[worker].sockets, socketReports(worker)).flatMap { place, report in
            report.named.map { Counter(place: place, name: $0.name, count: $0.count, meaning: $0.meaning) }
        }
        return own + ownOfSIP + exchanged + sockets
    }

    /// What a worker's sockets did.
    private func socketReports(_ worker: Int) throws -> [SocketReport] {
        try TableFile.sockets.elements(directory, worker: worker) { _ in true }.used
    }

    private func report(_ worker: Int) throws -> WorkerReport {
        try TableFile.report.elements(directory, worker: worker) { _ in true }.used[0]
    }

    // MARK: Flows

    /// A control conversation, or a data connection that has been opened.
    public struct Flow: Codable, Sendable {
        /// `control` or `data`.
        public let kind: String
        /// The number of its control conversation.
        public let conversation: UInt32
        /// How far it has come.
        public let phase: String
        /// The end on the inside.
        public let inside: String
        /// Its public endpoint.
        public let translated: String
        /// The end on the outside.
        public let outside: String
        /// Packets from inside and from outside through XDP; nil for control conversations, which the worker carries.
        public let packets: [UInt64]?
        /// Octets of IP, likewise.
        public let bytes: [UInt64]?
        /// Seconds since it was last heard.
        public let idleSeconds: Int
    }

    /// All conversations and the data connections that flow, by conversation.
    public func flows() throws -> [Flow] {
        let flows = try conversations().used.map(flow) + data().used.filter { $0.phase == .flowing }.map(flow)
        return flows.sorted { ($0.conversation, $1.kind) < ($1.conversation, $0.kind) }
    }

    private func flow(_ conversation: Conversation) -> Flow {
        Flow(
            kind: "control", conversation: conversation.number, phase: "\(conversation.phase)",
            inside: "\(conversation.inside)", translated: "\(conversation.translated)",
            outside: "\(conversation.outside)", packets: nil, bytes: nil,
            idleSeconds: seconds(since: conversation.lastHeard))
    }

    private func flow(_ data: DataConnection) -> Flow {
        let counts = [Side.inside, .outside].map { side in
            var value = steering_flow()
            _ = maps.flows.lookup(steering_tuple(data, from: side), into: &value)
            return value
        }
        let fin = UInt32(STEERING_FLOW_FIN.rawValue)
        let rst = UInt32(STEERING_FLOW_RST.rawValue)
        let hasEnded = counts[0].flags & counts[1].flags & fin != 0 || (counts[0].flags | counts[1].flags) & rst != 0
        return Flow(
            kind: "data", conversation: data.conversation, phase: hasEnded ? "closed" : "open",
            inside: "\(data.inside)", translated: "\(data.translated)", outside: "\(data.outside)",
            packets: counts.map(\.packets), bytes: counts.map(\.bytes),
            idleSeconds: seconds(since: UInt64(counts.map(\.last_seen).max()!) * 1_000_000_000))
    }

    // MARK: Pinholes

    /// A data connection that was announced and has not been opened.
    public struct Pinhole: Codable, Sendable {
        /// The number of its control conversation.
        public let conversation: UInt32
        /// `announced`, `open` or `closing`.
        public let phase: String
        /// The side whose packet may open it.
        public let opener: String
        /// Who may use it; the port is not known yet.
        public let from: String
        /// Where its first packet must go.
        public let to: String
        /// Seconds until it shuts, for an open one.
        public let secondsLeft: Int?
    }

    /// All pinholes, by conversation.
    public func pinholes() throws -> [Pinhole] {
        try data().used.filter { $0.phase != .flowing }.map { data in
            let isFromOutside = data.opener == .outside
            return Pinhole(
                conversation: data.conversation, phase: "\(data.phase)", opener: "\(data.opener)",
                from: "\(isFromOutside ? data.outside.address : data.inside.address)",
                to: "\(isFromOutside ? data.translated : data.outside)",
                secondsLeft: data.phase == .open ? Int(max(data.expires, now) - now) / 1_000_000_000 : nil)
        }.sorted { $0.conversation < $1.conversation }
    }

    private func conversations() throws -> (used: [Conversation], capacity: Int) {
        try elements(.conversations) { $0.phase != .free }
    }

    private func data() throws -> (used: [DataConnection], capacity: Int) { try elements(.data) { $0.phase != .free } }

    /// Those elements of a table that are in use, of all workers; and how many there can be.
    func elements<Element: BitwiseCopyable>(
        _ file: TableFile, where isUsed: (Element) -> Bool
    ) throws -> (used: [Element], capacity: Int) {
        var (used, capacity): ([Element], Int) = ([], 0)
        for worker in state.workers.indices {
            let table = try file.elements(directory, worker: worker, where: isUsed)
            used += table.used
            capacity += table.capacity
        }
        return (used, capacity)
    }

    func seconds(since time: UInt64) -> Int { Int((now > time ? now - time : 0) / 1_000_000_000) }

    func seconds(until time: UInt64) -> Int { Int((time > now ? time - now : 0) / 1_000_000_000) }

    // MARK: Status

    /// The whole in a few numbers.
    public struct Status: Codable, Sendable {
        /// What the gateway says of itself.
        public let gateway: GatewayState
        /// Control conversations, and the most there can be.
        public let conversations: [Int]
        /// Data connections that flow, and pinholes that wait; and the most there can be of both together.
        public let dataConnections: [Int]
        /// Packets, by the place they went to.
        public let packets: [String: UInt64]
        /// Packets that the kernel or the worker lost at a socket because a ring was full or a frame too small.
        public let lostAtSockets: UInt64
        /// Packets that went from worker to worker, of which those that were lost on the way are `lost`.
        public let handedOver: [String: UInt64]
        /// The workers' frames: free, given to the kernel to receive into, held, being sent, and on their way from
        /// worker to worker.
        public let frames: [String: Int]
    }

    /// The status.
    public func status() throws -> Status {
        let (conversations, data) = try (conversations(), data())
        var packets: [String: UInt64] = [:]
        for reading in try maps.counters.readings() {
            packets[String(reading.name.prefix { $0 != "_" }), default: 0] += reading.packets
        }
        let sockets = try state.workers.indices.flatMap(socketReports)
        let reports = try state.workers.indices.map(report)
        let frames = reports.reduce(FrameAccounting()) { $0 + $1.frames }
        return Status(
            gateway: state, conversations: [conversations.used.count, conversations.capacity],
            dataConnections: [
                data.used.count { $0.phase == .flowing }, data.used.count { $0.phase != .flowing }, data.capacity,
            ],
            packets: packets,
            lostAtSockets: sockets.reduce(0) {
                $0 + $1.statistics.receiveDropped + $1.statistics.receiveRingFull + $1.counters.dropTransmitRingFull
            },
            handedOver: [
                "toOwners": reports.reduce(0) { $0 + $1.handOver.handedOver },
                "toSenders": reports.reduce(0) { $0 + $1.handOver.passedOut },
                "lost": reports.reduce(0) { $0 + $1.handOver.dropHandOverFull },
            ],
            frames: [
                "free": frames.free, "filling": frames.filling, "held": frames.held,
                "transmitting": frames.transmitting, "between workers": frames.handedOver + frames.returning,
            ])
    }
}
