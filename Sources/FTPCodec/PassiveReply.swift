import TextFormats

/// The text of a 227 reply (RFC 959 section 4.1.2).
///
/// The endpoint may stand with or without parentheses, anywhere in the text (RFC 1123 section 4.1.2.6): the first six
/// numbers with commas between them are it, as clients read it; "227 IPv4 mode (192,0,2,1,4,1)" is understood.
public enum PassiveReply {
    /// An endpoint and where its text stands.
    public struct Match: Hashable, Sendable {
        /// The server's data address.
        public let endpoint: HostPort
        /// From the first digit of h1 to just after the last of p2, as offsets in the span.
        public let range: Range<Int>
    }

    /// Finds the endpoint in a complete line that begins with "227 " and stands in `range` of `line`, or is all of it
    /// when that is nil.
    @_noLocks
    public static func parse(_ line: RawSpan, _ range: Range<Int>? = nil) throws(EndpointDefect) -> Match {
        let range = line.range(range)
        var cursor = TelnetCursor(range)
        skipCode(of: line, &cursor)
        var inNumber = false
        while let byte = cursor.next(in: line) {
            // Only at the beginning of a number: that keeps the search linear.
            if byte.value.isDigit && !inNumber {
                var reader = FieldReader(line, in: byte.offset..<range.upperBound)
                do throws(EndpointDefect) {
                    let endpoint = try reader.hostPort(in: line)
                    return Match(endpoint: endpoint, range: byte.offset..<reader.end)
                } catch {
                    switch error {
                    case .syntax: break  // it was no endpoint; look further
                    default: throw error
                    }
                }
            }
            inNumber = byte.value.isDigit
        }
        throw .syntax
    }
}

/// Passes over the code of a reply line.
@_noLocks
func skipCode(of line: RawSpan, _ cursor: inout TelnetCursor) {
    for _ in 0..<3 { _ = cursor.next(in: line) }
}
