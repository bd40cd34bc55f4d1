// Endpoints as text, written into the caller's buffer. Each function returns the number of bytes written, and traps when
// the buffer ends before the text does: give it the maximum length of its form.

/// Writers for the forms in which FTP names an endpoint.
public enum EndpointText {
    /// The longest h1,h2,h3,h4,p1,p2.
    public static var maximumPortLength: Int { @_noLocks get { 23 } }
    /// The longest |1|h1.h2.h3.h4|port|.
    public static var maximumExtendedPortLength: Int { @_noLocks get { 25 } }
    /// The longest decimal number.
    public static var maximumDecimalLength: Int { @_noLocks get { 5 } }

    /// Writes h1,h2,h3,h4,p1,p2 at `offset`, as PORT and 227 need it (RFC 959 section 4.1.2).
    @_noLocks
    public static func write(port endpoint: HostPort, into bytes: inout MutableRawSpan, at offset: Int) -> Int {
        var end = offset
        append(address: endpoint.address, separator: ASCII.comma, to: &bytes, at: &end)
        append(ASCII.comma, to: &bytes, at: &end)
        append(decimal: endpoint.port >> 8, to: &bytes, at: &end)
        append(ASCII.comma, to: &bytes, at: &end)
        append(decimal: endpoint.port & 0xFF, to: &bytes, at: &end)
        return end &- offset
    }

    /// Writes <d>1<d>h1.h2.h3.h4<d>port<d> at `offset`, as EPRT needs it (RFC 2428 section 2).
    ///
    /// A delimiter that may also occur in the address, a digit or a dot, is replaced by the "|" that the RFC recommends.
    @_noLocks
    public static func write(
        extendedPort endpoint: HostPort, delimiter: UInt8, into bytes: inout MutableRawSpan, at offset: Int
    ) -> Int {
        let delimiter = delimiter.isDigit || delimiter == ASCII.dot ? ASCII.bar : delimiter
        var end = offset
        append(delimiter, to: &bytes, at: &end)
        append(decimal: 1, to: &bytes, at: &end)
        append(delimiter, to: &bytes, at: &end)
        append(address: endpoint.address, separator: ASCII.dot, to: &bytes, at: &end)
        append(delimiter, to: &bytes, at: &end)
        append(decimal: endpoint.port, to: &bytes, at: &end)
        append(delimiter, to: &bytes, at: &end)
        return end &- offset
    }

    /// Writes a number at `offset`, without leading zeros, as 229 needs it.
    @_noLocks
    public static func write(decimal value: UInt16, into bytes: inout MutableRawSpan, at offset: Int) -> Int {
        var end = offset
        append(decimal: value, to: &bytes, at: &end)
        return end &- offset
    }

    @_noLocks
    private static func append(
        address: UInt32, separator: UInt8, to bytes: inout MutableRawSpan, at offset: inout Int
    ) {
        for index in 0..<4 {
            if index > 0 { append(separator, to: &bytes, at: &offset) }
            append(
                decimal: UInt16(truncatingIfNeeded: address >> UInt32(24 &- 8 &* index) & 0xFF), to: &bytes, at: &offset
            )
        }
    }

    @_noLocks
    private static func append(decimal value: UInt16, to bytes: inout MutableRawSpan, at offset: inout Int) {
        var divisor: UInt16 = 10_000
        while divisor > 1 && value < divisor { divisor /= 10 }
        while divisor > 0 {
            append(ASCII.zero &+ UInt8(truncatingIfNeeded: value / divisor % 10), to: &bytes, at: &offset)
            divisor /= 10
        }
    }

    @inline(__always) @_noLocks
    private static func append(_ byte: UInt8, to bytes: inout MutableRawSpan, at offset: inout Int) {
        bytes.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
        offset &+= 1
    }
}
