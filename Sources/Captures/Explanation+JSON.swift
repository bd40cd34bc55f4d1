import Rewriting

/// One object for each message.
extension Explanation: Encodable {
    private enum Key: String, CodingKey {
        case frame, time, service, transport, source, destination, side, message, isAdapted, changes, openings, remarks
    }

    private struct Line: Encodable {
        let before: String
        let after: String?
        let reasons: [Why]
    }

    private struct Why: Encodable {
        let what: String
        let why: String
    }

    private struct Way: Encodable {
        let kind: String
        /// Who may come, to which endpoint, and to whom that leads; nobody is named where anybody may.
        let from: String?
        let to, behind: String

        init(_ opening: Opening) {
            switch opening {
            case .pinhole(let from, let to, let behind):
                (kind, self.from, self.to, self.behind) = ("pinhole", "\(from)", "\(to)", "\(behind)")
            case .signalling(let inside, let translated):
                (kind, from, to, behind) = ("signalling", nil, "\(translated)", "\(inside)")
            case .connections(let inside, let translated):
                (kind, from, to, behind) = ("connections", nil, "\(translated)", "\(inside)")
            case .media(let inside, let translated, let outside, let isControl):
                kind = isControl ? "control" : "media"
                (from, to, behind) = ("\(outside)", "\(translated)", "\(inside)")
            }
        }
    }

    private struct Counted: Encodable {
        let name: String
        let meaning: String
    }

    /// Writes the object; what is there is named in `Key`, endpoints and time as `text` has them.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(frame, forKey: .frame)
        try object.encode(date, forKey: .time)
        try object.encode(observation.service.rawValue, forKey: .service)
        try object.encode(observation.transport == .udp ? "udp" : "tcp", forKey: .transport)
        try object.encode("\(observation.source)", forKey: .source)
        try object.encode("\(observation.destination)", forKey: .destination)
        try object.encode("\(observation.side)", forKey: .side)
        try object.encode(observation.title, forKey: .message)
        try object.encode(observation.isAdapted, forKey: .isAdapted)
        let lines = observation.lines.map { line in
            Line(
                before: line.before, after: line.after,
                reasons: line.reasons.map { Why(what: $0.rawValue, why: $0.text(from: observation.side)) })
        }
        try object.encode(lines, forKey: .changes)
        try object.encode(observation.openings.map(Way.init), forKey: .openings)
        try object.encode(
            observation.remarks.map { Counted(name: $0.name, meaning: $0.meaning) }, forKey: .remarks)
    }
}
