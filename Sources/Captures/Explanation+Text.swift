import Foundation
import Rewriting

extension Explanation {
    /// Lines for people: what it is about, what would be changed and why, what would be opened, what is unusual.
    ///
    /// - Parameter isColoured: whether the terminal shows colours: red for what goes, green for what comes.
    public func text(isColoured: Bool) -> String {
        func paint(_ text: String, _ code: Int) -> String { isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }
        var lines = [paint(heading, 1)]
        for line in observation.lines {
            lines.append(paint("- \(Explanation.printable(line.before))", 31))
            if let after = line.after { lines.append(paint("+ \(Explanation.printable(after))", 32)) }
            lines += line.reasons.map { "    \($0.rawValue): \($0.text(from: observation.side))" }
        }
        lines += observation.openings.map { "  \($0)" }
        lines += observation.remarks.map { "  \(paint($0.name, 33)): \($0.meaning)" }
        return lines.joined(separator: "\n")
    }

    private var heading: String {
        let transport = observation.transport == .udp ? "UDP" : "TCP"
        let known = observation.isAdapted ? ", with public endpoints as its sender would have known them" : ""
        return "#\(frame) \(date) \(transport) \(observation.source) > \(observation.destination) "
            + "from \(observation.side)\(known): \(Explanation.printable(observation.title))"
    }

    /// The time in UTC, to the microsecond.
    var date: String {
        let seconds = Date(timeIntervalSince1970: TimeInterval(time / 1_000_000_000))
        let digits = String(1_000_000 + time / 1_000 % 1_000_000).dropFirst()
        return seconds.formatted(.iso8601.dateTimeSeparator(.space)).dropLast() + ".\(digits)"
    }

    /// A text that does nothing to a terminal: captures hold what anybody has sent.
    static func printable(_ text: String) -> String {
        var printable = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                printable += scalar == "\t" ? "\t" : scalar.escaped(asASCII: true)
            default: printable.unicodeScalars.append(scalar)
            }
        }
        return printable
    }
}
