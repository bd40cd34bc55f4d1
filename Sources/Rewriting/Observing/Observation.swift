import WireFormats

/// What the gateway would do with a message of FTP or SIP that it does not just pass on.
public struct Observation: Equatable, Sendable, CustomStringConvertible {
    /// What is said in a message.
    public enum Service: String, Sendable {
        /// FTP (RFC 959).
        case ftp
        /// SIP (RFC 3261).
        case sip
    }

    /// What it is of.
    public let service: Service
    /// What carried it.
    public let transport: SIPTransport
    /// Where it came from.
    public let source: Endpoint
    /// Where it would have been sent to; see `isAdapted`.
    public let destination: Endpoint
    /// The side that it came from.
    public let side: Side
    /// Its bytes as the gateway would have got them; a line of FTP.
    public let message: [UInt8]
    /// Whether what it names of the inside was first made public, as its sender would have known it from this gateway.
    public let isAdapted: Bool
    /// What would be changed, ascending.
    public let changes: [Change]
    /// What would be opened.
    public let openings: [Opening]
    /// What would be counted as unusual.
    public let remarks: [Remark]

    /// The lines that would be changed.
    public var lines: [ChangedLine] { ChangedLine.lines(of: message, changes) }

    /// The first line of the message.
    public var title: String { ChangedLine.text(message.prefix { $0 != 0x0a }) }

    /// Lines for people, without the reasons.
    public var description: String {
        let changed = lines.map { line in
            let after = line.after.map { "would become \($0.debugDescription)" } ?? "would be taken out"
            return "\(source) > \(destination): \(line.before.debugDescription) \(after)"
        }
        let remarked = remarks.map { "\(source) > \(destination): \(title.debugDescription) \($0.name): \($0.meaning)" }
        return (changed + openings.map(\.description) + remarked).joined(separator: "\n")
    }
}
