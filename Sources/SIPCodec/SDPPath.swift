// a=path:<MSRP URI> ... (RFC 4975 section 8.2), each msrp[s]://[<user>@]<host>[:<port>][/<session>];<transport>[;...]
// (section 9). The last is the endpoint; those before it are relays. A gateway maps those that name its own inside.

import TextFormats

/// Reads the URIs of an a=path line one after the other.
public struct SDPPath: Sendable {
    /// Where a URI leads to.
    public struct Hop: Sendable {
        /// The host; the brackets around an IPv6 address are not part of it.
        public let host: SDPAddress
        /// The port; nil when the URI has none, which makes it 2855 (RFC 4975 section 15.4).
        public let port: SDPPort?
        /// All of the URI.
        public let range: Range<Int>
    }

    private var tokens: SDPTokens

    /// Stands before the first URI in the value of a line of the kind `path`.
    @_noLocks
    public init(_ value: Range<Int>) { tokens = SDPTokens(value) }

    /// The next URI that names a host; nil when there is none any more. Others are passed over.
    @_noLocks
    public mutating func next(in bytes: RawSpan) -> Hop? {
        while true {
            let uri = tokens.next(in: bytes)
            if uri.isEmpty { return nil }
            if let hop = Hop(bytes, uri) { return hop }
        }
    }
}

extension SDPPath.Hop {
    /// Reads the URI that all of `range` is.
    @_noLocks
    fileprivate init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        guard let authority = Self.authority(bytes, range) else { return nil }
        var end = authority.lowerBound
        let isBracketed = !authority.isEmpty && bytes.byte(at: end) == ASCII.leftBracket
        let mark = isBracketed ? ASCII.rightBracket : ASCII.colon
        while end < authority.upperBound, bytes.byte(at: end) != mark { end &+= 1 }
        let start = authority.lowerBound &+ (isBracketed ? 1 : 0)
        guard start <= end, let host = SDPAddress(bytes, start..<end) else { return nil }
        self.host = host
        self.range = range
        if isBracketed {
            guard end < authority.upperBound else { return nil }
            end &+= 1
        }
        if end == authority.upperBound {
            port = nil
        } else {
            guard bytes.byte(at: end) == ASCII.colon,
                let port = SDPPort(bytes, end &+ 1..<authority.upperBound)
            else { return nil }
            self.port = port
        }
    }

    /// The host and port of a URI: what stands between "//", or the "@" behind it, and the next "/", ";" or "?".
    @_noLocks
    private static func authority(_ bytes: RawSpan, _ range: Range<Int>) -> Range<Int>? {
        var scheme = CaselessName(range)
        switch scheme.next(in: bytes) {
        case 0x6D73_7270_0000_0000, 0x6D73_7270_7300_0000: break  // msrp, msrps
        default: return nil
        }
        let argument = scheme.argument(in: bytes)
        var start = argument.lowerBound &+ 2
        guard start <= argument.upperBound, bytes.byte(at: start &- 2) == ASCII.slash,
            bytes.byte(at: start &- 1) == ASCII.slash
        else { return nil }
        var end = start
        scan: while end < argument.upperBound {
            switch bytes.byte(at: end) {
            case ASCII.slash, ASCII.semicolon, ASCII.questionMark: break scan
            case ASCII.at: start = end &+ 1
            default: break
            }
            end &+= 1
        }
        return start..<end
    }
}
