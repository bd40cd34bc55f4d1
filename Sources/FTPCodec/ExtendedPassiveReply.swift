import TextFormats

/// The text of a 229 reply (RFC 2428 section 3): (<d><d><d>port<d>), where <d> is any byte from 33 to 126. Other
/// parentheses and numbers may stand before it.
public enum ExtendedPassiveReply {
    /// A port and where its digits stand.
    public struct Match: Hashable, Sendable {
        /// The server's data port, in host byte order; its address is that of the control connection.
        public let port: UInt16
        /// The digits of the port, as offsets in the span.
        public let range: Range<Int>
    }

    /// Finds the port in a complete line that begins with "229 " and stands in `range` of `line`, or is all of it when
    /// that is nil.
    @_noLocks
    public static func parse(_ line: RawSpan, _ range: Range<Int>? = nil) throws(EndpointDefect) -> Match {
        let range = line.range(range)
        var cursor = TelnetCursor(range)
        skipCode(of: line, &cursor)
        while let byte = cursor.next(in: line) {
            guard byte.value == ASCII.leftParenthesis else { continue }
            do throws(EndpointDefect) {
                return try match(line, byte.end..<range.upperBound)
            } catch {
                switch error {
                case .syntax: break  // it was no endpoint; look further
                default: throw error
                }
            }
        }
        throw .syntax
    }

    /// Reads what follows a left parenthesis.
    @_noLocks
    private static func match(_ line: RawSpan, _ range: Range<Int>) throws(EndpointDefect) -> Match {
        var reader = FieldReader(line, in: range)
        guard let delimiter = reader.current?.value, delimiter.isGraphic else { throw .syntax }
        for _ in 0..<3 { try reader.expect(delimiter, in: line) }
        guard let first = reader.current?.offset else { throw .syntax }
        let port = try reader.number(before: delimiter, digits: 5, in: line)
        let digits = first..<reader.end
        try reader.expect(delimiter, in: line)
        try reader.expect(ASCII.rightParenthesis, in: line)
        guard port >= 1 && port <= 65535 else { throw .portOutOfRange }
        return Match(port: UInt16(truncatingIfNeeded: port), range: digits)
    }
}
