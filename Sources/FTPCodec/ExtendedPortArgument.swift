import TextFormats

/// The argument of EPRT (RFC 2428 section 2): <d>family<d>address<d>port<d>, where <d> is any byte from 33 to 126.
public enum ExtendedPortArgument: Hashable, Sendable {
    /// Family 1: an IPv4 endpoint, and the delimiter that was used.
    case ipv4(HostPort, delimiter: UInt8)
    /// Another family, such as 2 for IPv6; what follows was not looked at.
    case foreignFamily

    /// Reads the endpoint that stands in `range` of `line`, with nothing before or after it.
    @_noLocks
    public static func parse(_ line: RawSpan, _ range: Range<Int>) throws(EndpointDefect) -> ExtendedPortArgument {
        var reader = FieldReader(line, in: range)
        guard let delimiter = reader.current?.value, delimiter.isGraphic else { throw .syntax }
        reader.advance(in: line)
        let family = try reader.number(before: delimiter, digits: 5, in: line)
        try reader.expect(delimiter, in: line)
        guard family == 1 else { return .foreignFamily }

        var address: UInt32 = 0
        var inRange = true
        for index in 0..<4 {
            let octet = try reader.number(before: index < 3 ? ASCII.dot : delimiter, digits: 3, in: line)
            try reader.expect(index < 3 ? ASCII.dot : delimiter, in: line)
            inRange = inRange && octet <= 255
            address = address << 8 | UInt32(truncatingIfNeeded: octet & 0xFF)
        }
        let port = try reader.number(before: delimiter, digits: 5, in: line)
        try reader.expect(delimiter, in: line)
        guard reader.current == nil else { throw .syntax }
        guard inRange else { throw .octetOutOfRange }
        guard port >= 1 && port <= 65535 else { throw .portOutOfRange }
        return .ipv4(HostPort(address: address, port: UInt16(truncatingIfNeeded: port)), delimiter: delimiter)
    }
}
