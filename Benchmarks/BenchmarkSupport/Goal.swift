// What the gateway is meant to reach, as far as a measurement can say it. The report lists every goal, also those that
// nothing was measured for.

/// A figure to be reached by the median of a measurement. Where several measurements name one goal, each has to reach it.
public enum Goal: String, CaseIterable, Codable, Sendable {
    case forwardingSmall, forwardingLarge, handOver
    case prefilter, steering, flowHot, flowGrowth
    case media
    case controlCommands, controlLatency
    case sipMessages, sipLatency, sipMessage, sipBesideOsip, sipBesideSofia
    case tableLookup, tableMemory
    case idle, accounting

    /// What is to be reached, for people.
    public var text: String {
        switch self {
        case .forwardingSmall: "worker forwarding at 64 bytes, beside the bare C forwarder"
        case .forwardingLarge: "worker forwarding at 725 bytes, beside the bare C forwarder"
        case .handOver: "worker forwarding with hand-over on every packet, beside the bare C forwarder"
        case .prefilter: "XDP: what other traffic pays, above an empty program"
        case .steering: "XDP: steering to a worker, above an empty program"
        case .flowHot: "XDP: flow hit with full translation, hot, above an empty program"
        case .flowGrowth: "XDP: flow hit at 1M flows, beside one hot flow"
        case .media: "media-like UDP through an XDP flow, beside nftables NAT"
        case .controlCommands: "FTP control commands a second and core, beside nf_nat_ftp"
        case .controlLatency: "FTP control, p99 latency, beside nf_nat_ftp"
        case .sipMessages: "SIP messages a second and core, beside nf_nat_sip"
        case .sipLatency: "SIP, p99 latency, beside nf_nat_sip"
        case .sipMessage: "an INVITE of 725 bytes, header section and SDP rewritten, in memory"
        case .sipBesideOsip: "the same beside libosip2, which parses and prints it"
        case .sipBesideSofia: "the same beside sofia-sip, which parses and prints it"
        case .tableLookup: "table lookup, beside the C table, at every size"
        case .tableMemory: "memory of a table of 4M entries"
        case .idle: "processor time of an idle gateway"
        case .accounting: "frames in, minus frames out and named drops"
        }
    }

    /// In which the limit is given, and the measurement has to be.
    public var unit: String {
        switch self {
        case .prefilter, .steering, .flowHot, .sipMessage: "ns"
        case .tableMemory: "GiB"
        case .idle: "% of a core"
        case .accounting: "frames"
        default: "ratio"
        }
    }

    /// The figure to be reached.
    public var limit: Double {
        switch self {
        case .forwardingSmall, .forwardingLarge: 0.90
        case .handOver: 0.70
        case .prefilter: 12
        case .steering: 25
        case .flowHot: 70
        case .flowGrowth, .controlCommands: 3
        case .media: 5
        case .sipMessages: 6
        case .sipMessage: 450
        case .sipBesideOsip: 20
        case .sipBesideSofia: 10
        case .controlLatency, .sipLatency, .tableMemory: 1
        case .tableLookup: 1.3
        case .idle: 0.5
        case .accounting: 0
        }
    }

    /// Whether more is better: then the limit is the least, otherwise the most.
    public var isLeast: Bool {
        switch self {
        case .forwardingSmall, .forwardingLarge, .handOver, .media, .controlCommands, .sipMessages, .sipBesideOsip,
            .sipBesideSofia:
            true
        default: false
        }
    }

    /// Whether a figure reaches it.
    public func isReached(by figure: Double) -> Bool {
        isLeast ? figure >= limit : figure <= limit
    }
}
