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
        let (kind, end) = Self.kind(bytes, range)
        guard end > range.lowerBound else { return nil }
        text = TextRange(range.lowerBound..<end)
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

    /// What the host is with which `range` begins, and where it ends; at its beginning when there is none.
    @inline(__always) @_noLocks
    private static func kind(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> (kind: Kind, end: Int) {
        if let leading = LeadingAddress(bytes, range) {
            let isAll = leading.end == range.upperBound || !bytes.byte(at: leading.end).isHost
            if isAll { return (.ipv4(leading.address), leading.end) }
        }
        if bytes.byte(at: range.lowerBound) == ASCII.leftBracket { return (.ipv6, referenceEnd(bytes, range)) }
        return (.name, bytes.hostEnd(in: range))
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
}
