import CXDP
import TextFormats
import WireFormats

/// A host and maybe a port: hostport of a URI, sent-by of a Via (RFC 3261 section 25.1).
public struct SIPHost: Sendable {
    /// What kind of text names the host.
    public enum Kind: Hashable, Sendable {
        /// Four decimal octets without leading zeros.
        case ipv4(IPv4Address)
        /// An IPv6 address in brackets, which is not looked at further.
        case ipv6
        /// A name, or what only looks like an address: with an octet above 255, with leading zeros, or with a port that is
        /// none.
        case name
    }

    /// Name, or address.
    public let kind: Kind
    /// The host alone, an IPv6 address with its brackets.
    public let range: Range<Int>
    /// The port, 1 to 65535; nil when there is none, or a number that is none.
    public let port: UInt16?
    /// The colon and the digits behind it, in a Via also the white space round the colon; empty at the end of the host when
    /// there is no port.
    public let portRange: Range<Int>

    /// Reads the host with which `range` begins. In a Via, white space may stand round the colon. Nil when there is none,
    /// or a colon without a number.
    @inline(__always) @_noLocks
    init?(_ bytes: borrowing RawSpan, _ range: Range<Int>, isVia: Bool) {
        guard !range.isEmpty else { return nil }
        let isReference = bytes.byte(at: range.lowerBound) == ASCII.leftBracket
        let end = isReference ? Self.referenceEnd(bytes, range) : bytes.hostEnd(in: range)
        guard end > range.lowerBound else { return nil }
        self.range = range.lowerBound..<end
        var kind = isReference ? Kind.ipv6 : Self.kind(bytes, range.lowerBound..<end)
        let colon = isVia ? bytes.skipSpace(end, range.upperBound) : end
        if colon < range.upperBound, bytes.byte(at: colon) == ASCII.colon {
            let digits = isVia ? bytes.skipSpace(colon &+ 1, range.upperBound) : colon &+ 1
            let digitsEnd = bytes.digitsEnd(digits, range.upperBound)
            guard let number = bytes.number(digits..<digitsEnd) else { return nil }
            let isPort = number >= 1 && number <= 65535
            if !isPort { kind = .name }
            port = isPort ? UInt16(truncatingIfNeeded: number) : nil
            portRange = end..<digitsEnd
        } else {
            port = nil
            portRange = end..<end
        }
        self.kind = kind
    }

    /// Where an IPv6 reference ends; its beginning when it is none: hexadecimal digits, colons and dots in brackets.
    @_noLocks
    private static func referenceEnd(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Int {
        var offset = range.lowerBound &+ 1
        while offset < range.upperBound {
            let byte = bytes.byte(at: offset)
            if byte == ASCII.rightBracket { return offset > range.lowerBound &+ 2 ? offset &+ 1 : range.lowerBound }
            let isHexadecimal = byte.isDigit || byte.upperCased &- 0x41 < 6
            guard isHexadecimal || byte == ASCII.colon || byte == ASCII.dot else { break }
            offset &+= 1
        }
        return range.lowerBound
    }

    @inline(__always) @_noLocks
    private static func kind(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Kind {
        IPv4Address(bytes, text: range).map { .ipv4($0) } ?? .name
    }
}

extension IPv4Address {
    /// The address that fills `range` as four decimal octets without leading zeros; nil for anything else.
    @inline(__always) @_noLocks
    init?(_ bytes: borrowing RawSpan, text range: Range<Int>) {
        let count = range.count
        guard count >= 7 && count <= 15 else { return nil }
        let window = TextWindow(bytes, at: range.lowerBound)
        // Where digits end; the end of the text is an end too.
        let ends = sp_no_digit(window.octets) &>> window.shift | 1 &<< UInt32(truncatingIfNeeded: count)
        var value: UInt32 = 0
        var start = 0
        for index in 0..<4 {
            let digits = (ends &>> UInt32(truncatingIfNeeded: start)).trailingZeroBitCount
            let end = start &+ digits
            guard digits >= 1 && digits <= 3, end <= count else { return nil }
            let text = bytes.shortWord(at: range.lowerBound &+ start, count: digits)
            guard digits == 1 || text & 0xFF != UInt64(truncatingIfNeeded: ASCII.zero) else { return nil }
            // Hundreds, tens and units in three octets, the first lowest.
            let decimal = text &<< UInt64(truncatingIfNeeded: 8 &* (3 &- digits)) & 0x0F_0F0F
            let octet = decimal & 0xF &* 100 &+ decimal &>> 8 & 0xF &* 10 &+ decimal &>> 16
            guard octet <= 255 else { return nil }
            value = value &<< 8 | UInt32(truncatingIfNeeded: octet)
            start = end &+ 1
            if index < 3 {
                guard end < count, bytes.byte(at: range.lowerBound &+ end) == ASCII.dot else { return nil }
            } else {
                guard end == count else { return nil }
            }
        }
        self.init(value)
    }
}
