// Endpoints as text, written into the caller's buffer. Each function returns the number of bytes written, and traps when
// the buffer ends before the text does: give it the maximum length of its form.

import TextFormats

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
        bytes.append(address: endpoint.address, separator: ASCII.comma, at: &end)
        bytes.append(ASCII.comma, at: &end)
        bytes.append(decimal: endpoint.port >> 8, at: &end)
        bytes.append(ASCII.comma, at: &end)
        bytes.append(decimal: endpoint.port & 0xFF, at: &end)
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
        bytes.append(delimiter, at: &end)
        bytes.append(decimal: 1, at: &end)
        bytes.append(delimiter, at: &end)
        bytes.append(address: endpoint.address, separator: ASCII.dot, at: &end)
        bytes.append(delimiter, at: &end)
        bytes.append(decimal: endpoint.port, at: &end)
        bytes.append(delimiter, at: &end)
        return end &- offset
    }

    /// Writes a number at `offset`, without leading zeros, as 229 needs it.
    @_noLocks
    public static func write(decimal value: UInt16, into bytes: inout MutableRawSpan, at offset: Int) -> Int {
        var end = offset
        bytes.append(decimal: value, at: &end)
        return end &- offset
    }
}
