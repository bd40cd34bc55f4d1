import CSteering
import Dataplane
import Rewriting
import Steering

/// Calls and registrations of a running gateway.
extension Snapshot {
    /// RTP of one direction, as XDP has seen it (RFC 3550).
    public struct Stream: Codable, Sendable {
        /// Packets and octets of IP, of RTP and whatever else went the same way.
        public let packets, bytes: UInt64
        /// Packets of RTP; then of those that are missing, came twice, came late, or came too late to tell.
        public let rtpPackets, lost, duplicates, reordered, late: UInt32
        /// How often the sequence began anew.
        public let restarts: UInt32
        /// Interarrival jitter; nil where the clock rate is not known.
        public let jitterMilliseconds: Double?
        /// The last source and payload type; nil before the first packet.
        public let ssrc: UInt32?
        /// As above.
        public let payloadType: UInt8?
        /// An estimate of the quality for people, 1 to 4.5 (ITU-T G.107, by loss and jitter alone); nil before RTP came.
        public let quality: Double?

        init(_ flow: steering_flow, _ stream: steering_stream?) {
            packets = flow.packets
            bytes = flow.bytes
            let seen = stream ?? steering_stream()
            rtpPackets = seen.packets
            lost = seen.lost
            duplicates = seen.duplicates
            reordered = seen.reordered
            late = seen.late
            restarts = seen.restarts
            let hasClock = seen.clock_rate > 0 && seen.packets > 1
            let jitter = hasClock ? Double(seen.jitter) / 16 / Double(seen.clock_rate) * 1000 : nil
            jitterMilliseconds = jitter
            ssrc = seen.packets > 0 ? seen.ssrc : nil
            payloadType = seen.packets > 0 ? seen.payload_type : nil
            quality = seen.packets > 0 ? Stream.quality(seen, jitter ?? 0) : nil
        }

        /// The mean opinion score of the E-model's rating, of which a delay of twice the jitter and 2.5 for each percent of
        /// loss are taken off.
        private static func quality(_ stream: steering_stream, _ jitter: Double) -> Double {
            let loss = 100 * Double(stream.lost) / Double(UInt64(stream.packets) + UInt64(stream.lost))
            let delay = 2 * jitter + 10
            let rating = max(0, 93.2 - (delay < 160 ? delay / 40 : (delay - 120) / 10) - 2.5 * loss)
            return 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6
        }
    }

    /// Media between two ends, through XDP.
    public struct Media: Codable, Sendable {
        /// Which m= line of the session description, from 1.
        public let line: Int
        /// `udp` or `tcp`.
        public let transport: String
        /// Whether it is RTCP alone.
        public let isControl: Bool
        /// The end on the inside, its public endpoint, and the end on the outside.
        public let inside, translated, outside: String
        /// Where the media of the outside end come from instead, if they were latched on to another source (RFC 7362).
        public let latched: String?
        /// What the inside sends, and what it gets; nil while the flows are not there.
        public let sent, received: Stream?
    }

    /// A call.
    public struct Call: Codable, Sendable {
        /// Its number.
        public let number: UInt32
        /// `inviting`, `confirmed`, `ending` or `ended`.
        public let phase: String
        /// The side that has called.
        public let caller: String
        /// Its Call-ID, cut to 64 bytes.
        public let callID: String
        /// The end on the inside, its public endpoint, and where the signalling of the outside comes from.
        public let inside, translated, outside: String
        /// Seconds since the INVITE, and since the answer, if there was one.
        public let seconds: Int
        /// As above.
        public let answeredSeconds: Int?
        /// Its media.
        public let media: [Media]
    }

    /// All calls, those that have just ended included, by number.
    public func calls() throws -> [Call] {
        let legs = try elements(.legs) { (leg: MediaLeg) in leg.number != 0 }.used
        let media = Dictionary(grouping: legs, by: \.call)
        return try elements(.calls) { (call: SIPCall) in call.phase != .free }.used.map { call in
            Call(
                number: call.number, phase: "\(call.phase)", caller: "\(call.caller)", callID: text(call.callID),
                inside: "\(call.inside)", translated: "\(call.translated)", outside: "\(call.outside)",
                seconds: seconds(since: call.opened),
                answeredSeconds: call.answered == 0 ? nil : seconds(since: call.answered),
                media: (media[call.number] ?? []).sorted { ($0.line, $0.number) < ($1.line, $1.number) }
                    .map(media(of:)))
        }.sorted { $0.number < $1.number }
    }

    private func media(of leg: MediaLeg) -> Media {
        let pair = FlowPair(leg)
        return Media(
            line: Int(leg.line) + 1, transport: "\(leg.transport)", isControl: leg.isControl, inside: "\(leg.inside)",
            translated: "\(leg.translated)", outside: "\(leg.outside)",
            latched: leg.latched == leg.outside ? nil : "\(leg.latched)", sent: stream(pair.forward),
            received: stream(pair.reverse))
    }

    private func stream(_ key: steering_tuple) -> Stream? {
        var flow = steering_flow()
        guard maps.flows.lookup(key, into: &flow) else { return nil }
        return Stream(flow, flow.stream.map { maps.streams.read($0) })
    }

    /// A registration.
    public struct Registration: Codable, Sendable {
        /// The address of record, `user@host`, cut to 64 bytes.
        public let addressOfRecord: String
        /// `udp` or `tcp`.
        public let transport: String
        /// The inside endpoint that is registered, the public one that the registrar knows, and the registrar.
        public let inside, translated, registrar: String
        /// Seconds until it ends, unless it is refreshed.
        public let secondsLeft: Int
    }

    /// All registrations, by address of record.
    public func registrations() throws -> [Registration] {
        try elements(.registrations) { (registration: SIPRegistration) in registration.isUsed }.used.map {
            Registration(
                addressOfRecord: text($0.addressOfRecord), transport: "\($0.transport)", inside: "\($0.inside)",
                translated: "\($0.translated)", registrar: "\($0.registrar)", secondsLeft: seconds(until: $0.expires))
        }.sorted { $0.addressOfRecord < $1.addressOfRecord }
    }

    private func text(_ bytes: InlineArray<64, UInt8>) -> String {
        String(decoding: bytes.indices.map { bytes[$0] }.prefix { $0 != 0 }, as: UTF8.self)
    }
}
