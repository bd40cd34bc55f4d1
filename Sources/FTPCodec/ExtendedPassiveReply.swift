/// The text of a 229 reply (RFC 2428 section 3): (<d><d><d>port<d>), where <d> is any byte from 33 to 126. Other
/// parentheses and numbers may stand before it.
public enum ExtendedPassiveReply {
    /// A port and where its digits stand.
    public struct Match: Hashable, Sendable {
        /// The server's data port, in host byte order; its address is that of the control connection.
        public let port: UInt16
        /// The digits of the port, as offsets in the line.
        public let range: Range<Int>
    }

    /// Finds the port in a complete line that begins with "229 ".
    @_noLocks
    public static func parse(_ line: RawSpan) throws(EndpointDefect) -> Match {
        var cursor = TelnetCursor(0..<line.byteCount)
        skipCode(of: line, &cursor)
        while let byte = cursor.next(in: line) {
            guard byte.value == ASCII.leftParenthesis else { continue }
            do throws(EndpointDefect) {
                return try match(line, from: byte.end)
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
    private static func match(_ line: RawSpan, from start: Int) throws(EndpointDefect) -> Match {
        var reader = FieldReader(line, in: start..<line.byteCount)
        guard let delimiter = reader.current?.value, delimiter.isGraphic else { throw .syntax }
        for _ in 0..<3 { try reader.expect(delimiter, in: line) }
        guard let first = reader.current?.offset else { throw .syntax }
        let port = try reader.number(before: delimiter, digits: 5, in: line)
        let range = first..<reader.end
        try reader.expect(delimiter, in: line)
        try reader.expect(ASCII.rightParenthesis, in: line)
        guard port >= 1 && port <= 65535 else { throw .portOutOfRange }
        return Match(port: UInt16(truncatingIfNeeded: port), range: range)
    }
}
