// a=path:<MSRP URI> ... (RFC 4975 section 8.2), each msrp[s]://[<user>@]<host>[:<port>][/<session>];<transport>[;...]
// (section 9). The last is the endpoint; those before it are relays. A gateway maps those that name a host inside.

import TextFormats

/// Reads the URIs of an a=path line one after the other.
public struct SDPPath: Sendable {
    private var tokens: SDPTokens

    /// Stands before the first URI in the value of a line of the kind `path`.
    @_noLocks
    public init(_ value: Range<Int>) { tokens = SDPTokens(value) }

    /// The host and port of the next URI that names a host; nil when there is none any more. Without a port it is 2855 (RFC
    /// 4975 section 15.4).
    @_noLocks
    public mutating func next(in bytes: borrowing RawSpan) -> SIPHost? {
        while true {
            let uri = tokens.next(in: bytes)
            if uri.isEmpty { return nil }
            if let authority = Self.authority(bytes, uri), let host = SIPHost(bytes, authority, isVia: false),
                host.portRange.upperBound == authority.upperBound
            {
                return host
            }
        }
    }

    /// Host and port of a URI: what stands between "//", or the "@" behind it, and the next "/", ";" or "?".
    @_noLocks
    private static func authority(_ bytes: borrowing RawSpan, _ uri: Range<Int>) -> Range<Int>? {
        guard let colon = bytes.first(ASCII.colon, in: uri) else { return nil }
        let scheme = uri.lowerBound..<colon
        guard bytes.isKeyword(scheme, "msrp") || bytes.isKeyword(scheme, "msrps") else { return nil }
        var start = colon &+ 3
        guard start <= uri.upperBound, bytes.byte(at: start &- 2) == ASCII.slash,
            bytes.byte(at: start &- 1) == ASCII.slash
        else { return nil }
        let slash = bytes.first(ASCII.slash, in: start..<uri.upperBound) ?? uri.upperBound
        let end = bytes.end(before: ASCII.semicolon, ASCII.questionMark, in: start..<slash)
        if let at = bytes.first(ASCII.at, in: start..<end) { start = at &+ 1 }
        return start..<end
    }
}
