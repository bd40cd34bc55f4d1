import Rewriting
import WireFormats

/// Plays a capture to the gateway, without a card, and tells what that would do with each message.
///
/// Which side a frame came from its addresses tell. A capture may be of either side of another translator, or of no
/// translator at all; see `Observer` for what becomes of messages to an inside address.
public struct Explainer: ~Copyable {
    private let isInside: @Sendable (IPv4Address) -> Bool
    private let ports: Set<UInt16>
    private var observer: Observer
    private var start: UInt64?
    /// Nanoseconds since a second before the capture: 0 would be no time.
    private var now: UInt64 = 1_000_000_000
    /// Frames of FTP or SIP that go from one address to another of the same side; on the outside they are another
    /// translator's.
    public private(set) var framesOfOneSide = 0
    /// The first frame that the capture holds only in part.
    public private(set) var firstCut: Int?
    /// How many of these there are.
    public private(set) var framesCut = 0

    /// An explainer that thinks as a gateway of a plan, with hosts inside where `isInside` says so.
    public init(_ plan: ObserverPlan, isInside: @escaping @Sendable (IPv4Address) -> Bool) throws {
        self.isInside = isInside
        ports = Set(plan.ftpPorts + plan.sipPortsOfTCP + plan.sipPortsOfUDP)
        observer = try Observer(plan, now: now)
    }

    /// What was counted until now.
    public var counters: [(name: String, meaning: String, count: UInt64)] { observer.counters }

    /// What follows from the next frame of a capture.
    public mutating func explain(_ frame: CapturedFrame) -> [Explanation] {
        guard frame.missing == 0 else {
            firstCut = firstCut ?? frame.number
            framesCut += 1
            return []
        }
        guard let packet = IPv4Packet(frame.bytes.span.bytes) else { return [] }
        guard let side = side(of: packet) else {
            if isOfService(frame, packet) { framesOfOneSide += 1 }
            return []
        }
        // Captures of several interfaces are not always in order.
        start = start ?? frame.time
        now = max(now, 1_000_000_000 + frame.time - min(frame.time, start ?? 0))
        return observer.receive(frame.bytes.span.bytes, from: side, now: now).map {
            Explanation(frame: frame.number, time: frame.time, observation: $0)
        }
    }

    /// The side that a packet came from; nil for one that does not go from one side to the other.
    private func side(of packet: IPv4Packet) -> Side? {
        switch (isInside(packet.source), isInside(packet.destination)) {
        case (true, false): .inside
        case (false, true): .outside
        default: nil
        }
    }

    private func isOfService(_ frame: CapturedFrame, _ packet: IPv4Packet) -> Bool {
        guard [6, 17].contains(packet.protocolNumber), !packet.isFragment, packet.payload.count >= 4 else {
            return false
        }
        let start = packet.payload.lowerBound
        return [start, start + 2].contains {
            ports.contains(UInt16(frame.bytes[$0]) << 8 | UInt16(frame.bytes[$0 + 1]))
        }
    }
}
