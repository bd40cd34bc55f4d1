/// The argument of PORT (RFC 959 section 4.1.2): h1,h2,h3,h4,p1,p2 in decimal.
public enum PortArgument {
    /// Reads the endpoint that stands in `range` of `line`: six numbers, spaces round the commas tolerated, nothing
    /// else before or after them.
    @_noLocks
    public static func parse(_ line: RawSpan, _ range: Range<Int>) throws(EndpointDefect) -> HostPort {
        var reader = FieldReader(line, in: range)
        let endpoint = try reader.hostPort(in: line)
        guard reader.current == nil else { throw .syntax }
        return endpoint
    }
}
