import CXDP
import TextFormats
import WireFormats

/// A host and maybe a port: hostport of a URI, sent-by of a Via (RFC 3261 section 25.1).
public struct SIPHost: BitwiseCopyable, Sendable {
    /// What kind of text names the host.
    public enum Kind: BitwiseCopyable, Hashable, Sendable {
        /// Four decimal octets without leading zeros.
        case ipv4(IPv4Address)
        /// An IPv6 address in brackets, which is not looked at further.
        case ipv6
        /// A name, or what only looks like an address: with an octet above 255, with leading zeros, or with a port that
        /// is none.
        case name
    }

    /// Name, or address.
    public let kind: Kind
    /// The port, 1 to 65535; nil when there is none, or a number that is none.
    public let port: UInt16?
    private let text: TextRange
    private let portText: TextRange

    /// The host alone, an IPv6 address with its brackets.
    public var range: Range<Int> { @_noLocks get { text.range } }
    /// The colon and the digits behind it, in a Via also the white space round the colon; empty at the end of the host
    /// when there is no port.
    public var portRange: Range<Int> { @_noLocks get { portText.range } }

    /// Reads the host with which `range` begins. In a Via, white space may stand round the colon. Nil when there is
    /// none, or a colon without a number.
    @inline(__always) @_noLocks
    init?(_ bytes: borrowing RawSpan, _ range: Range<Int>, isVia: Bool) {
        guard !range.isEmpty else { return nil }
        let limit = range.upperBound
        let isReference = bytes.byte(at: range.lowerBound) == ASCII.leftBracket
        let end = isReference ? Self.referenceEnd(bytes, range) : bytes.hostEnd(in: range)
        guard end > range.lowerBound else { return nil }
        text = TextRange(range.lowerBound..<end)
        let kind = isReference ? Kind.ipv6 : Self.kind(bytes, range.lowerBound..<end)
        let colon = isVia ? bytes.skipSpace(end, limit) : end
        guard colon < limit, bytes.byte(at: colon) == ASCII.colon else {
            self.kind = kind
            port = nil
            portText = TextRange(end..<end)
            return
        }
        let digits = isVia ? bytes.skipSpace(colon &+ 1, limit) : colon &+ 1
        let number = bytes.number(from: digits, limit)
        guard number.end > digits else { return nil }
        let isPort = number.value >= 1 && number.value <= 65535
        self.kind = isPort ? kind : .name
        port = isPort ? UInt16(truncatingIfNeeded: number.value) : nil
        portText = TextRange(end..<number.end)
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
    public init?(_ bytes: borrowing RawSpan, text range: Range<Int>) {
        let count = range.count
        guard count >= 7 && count <= 15 else { return nil }
        let window = bytes.window(at: range.lowerBound)
        let inside = UInt32(1) &<< UInt32(truncatingIfNeeded: count) &- 1
        // Where digits end: at a dot each, and at the end of the text.
        var ends = sp_no_digit(window) & inside
        guard ends == sp_equal(window, ASCII.dot) & inside else { return nil }
        ends |= inside &+ 1
        let words = unsafe unsafeBitCast(window, to: SIMD2<UInt64>.self)  // Safe: any bits are both.
        var text = words[0]
        var more = words[1]
        var value: UInt32 = 0
        for index in 0..<4 {
            let digits = ends.trailingZeroBitCount
            guard digits >= 1 && digits <= 3 else { return nil }
            guard digits == 1 || UInt8(truncatingIfNeeded: text) != ASCII.zero else { return nil }
            // Hundreds, tens and units in three octets, the first lowest.
            let decimal = text &<< UInt64(truncatingIfNeeded: 24 &- 8 &* digits) & 0x0F_0F0F
            let octet = decimal & 0xF &* 100 &+ decimal &>> 8 & 0xF &* 10 &+ decimal &>> 16
            guard octet <= 255 else { return nil }
            value = value &<< 8 | UInt32(truncatingIfNeeded: octet)
            ends &>>= UInt32(truncatingIfNeeded: digits &+ 1)
            // Dots between them, and the text's end behind the last.
            guard (ends == 0) == (index == 3) else { return nil }
            let passed = UInt64(truncatingIfNeeded: 8 &* digits &+ 8)
            text = text &>> passed | more &<< (64 &- passed)
            more &>>= passed
        }
        self.init(value)
    }
}
