import TextFormats

/// A line of a message with all that is changed in it, or several where a change spans them.
public struct ChangedLine: Equatable, Sendable {
    /// As it came, without its end.
    public let before: String
    /// As it would go on; nil where it is taken out.
    public let after: String?
    /// Why, each reason once, in the order of the changes.
    public private(set) var reasons: [Reason]

    /// The changed lines of a message. The changes are ascending and do not overlap.
    static func lines(of message: [UInt8], _ changes: [Change]) -> [ChangedLine] {
        var lines: [ChangedLine] = []
        var rest = changes[...]
        while let first = rest.first {
            var range = line(around: first.range, message)
            var own: [Change] = []
            while let change = rest.first, change.range.lowerBound < range.upperBound || own.isEmpty {
                range = range.lowerBound..<max(range.upperBound, line(around: change.range, message).upperBound)
                own.append(change)
                rest.removeFirst()
            }
            lines.append(ChangedLine(message, range, own))
        }
        return lines
    }

    /// The whole lines that a range is part of.
    private static func line(around range: Range<Int>, _ message: [UInt8]) -> Range<Int> {
        let start = message[..<range.lowerBound].lastIndex(of: ASCII.lineFeed).map { $0 + 1 } ?? 0
        // A range that ends with its line's end does not touch the next line.
        let last = max(range.lowerBound, range.upperBound - 1)
        let end = message[last...].firstIndex(of: ASCII.lineFeed).map { $0 + 1 } ?? message.count
        return start..<end
    }

    private init(_ message: [UInt8], _ range: Range<Int>, _ changes: [Change]) {
        var changed: [UInt8] = []
        var position = range.lowerBound
        reasons = []
        for change in changes {
            changed += message[position..<change.range.lowerBound] + change.replacement
            position = change.range.upperBound
            if !reasons.contains(change.reason) { reasons.append(change.reason) }
        }
        changed += message[position..<range.upperBound]
        before = ChangedLine.text(message[range])
        after = changed.isEmpty ? nil : ChangedLine.text(changed)
    }

    /// Bytes as text, without the line ends behind it.
    static func text(_ bytes: some Collection<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let last = text.lastIndex(where: { !$0.isNewline }) else { return "" }
        return String(text[...last])
    }
}
