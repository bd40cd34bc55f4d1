// Reads the numbers of an endpoint. Numbers never wrap: too many digits make a value above every limit. Every number is
// read before any is judged, so that text which only begins like an endpoint is not mistaken for a bad one.

import TextFormats

/// Reads numbers and the marks between them, with one byte of look-ahead.
struct FieldReader {
    private var cursor: TelnetCursor
    /// The next byte; nil at the end.
    private(set) var current: TelnetCursor.Byte?
    /// The offset just after the last byte that was read as part of the endpoint.
    private(set) var end: Int

    /// What a number counts as that has too many digits: above every limit, far from overflow.
    private static var tooLarge: Int { @_noLocks get { 1 << 20 } }

    @_noLocks
    init(_ line: borrowing RawSpan, in range: Range<Int>) {
        cursor = TelnetCursor(range)
        end = range.lowerBound
        current = cursor.next(in: line)
    }

    @_noLocks
    mutating func advance(in line: RawSpan) {
        if let byte = current { end = byte.end }
        current = cursor.next(in: line)
    }

    /// Reads `mark`, or throws `syntax`.
    @_noLocks
    mutating func expect(_ mark: UInt8, in line: RawSpan) throws(EndpointDefect) {
        guard current?.value == mark else { throw .syntax }
        advance(in: line)
    }

    @_noLocks
    mutating func skipSpaces(in line: RawSpan) {
        while let byte = current, byte.value.isSpace { advance(in: line) }
    }

    /// Reads a decimal number of one digit or more, which ends where `mark` stands, even if that is a digit.
    @_noLocks
    mutating func number(
        before mark: UInt8, digits limit: Int, in line: RawSpan
    ) throws(EndpointDefect) -> Int {
        var value = 0
        var digits = 0
        while let byte = current, byte.value.isDigit, byte.value != mark {
            digits &+= 1
            value = digits > limit ? Self.tooLarge : value &* 10 &+ Int(truncatingIfNeeded: byte.value &- ASCII.zero)
            advance(in: line)
        }
        guard digits > 0 else { throw .syntax }
        return value
    }

    /// Reads h1,h2,h3,h4,p1,p2 (RFC 959 section 4.1.2) with spaces round the commas, which servers and clients tolerate.
    @_noLocks
    mutating func hostPort(in line: RawSpan) throws(EndpointDefect) -> HostPort {
        var value: UInt64 = 0
        var inRange = true
        for index in 0..<6 {
            if index > 0 {
                skipSpaces(in: line)
                try expect(ASCII.comma, in: line)
                skipSpaces(in: line)
            }
            let octet = try number(before: ASCII.comma, digits: 3, in: line)
            inRange = inRange && octet <= 255
            value = value << 8 | UInt64(truncatingIfNeeded: octet & 0xFF)
        }
        guard inRange else { throw .octetOutOfRange }
        let port = UInt16(truncatingIfNeeded: value)
        guard port != 0 else { throw .portOutOfRange }
        return HostPort(address: UInt32(truncatingIfNeeded: value >> 16), port: port)
    }
}
