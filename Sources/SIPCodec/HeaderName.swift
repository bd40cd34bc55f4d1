// The header fields that a gateway acts on, and how their names may be spelt: in any case, and some of them by one
// letter (RFC 3261 section 7.3.3).

import TextFormats

/// What a header field is, as far as the gateway cares.
public enum HeaderName: UInt8, BitwiseCopyable, Hashable, Sendable {
    /// A field that is none of the others.
    case other
    /// Via (RFC 3261 section 20.42), v for short.
    case via
    /// From (RFC 3261 section 20.20), f for short.
    case from
    /// To (RFC 3261 section 20.39), t for short.
    case to
    /// Call-ID (RFC 3261 section 20.8), i for short.
    case callID
    /// CSeq (RFC 3261 section 20.16).
    case cSeq
    /// Contact (RFC 3261 section 20.10), m for short.
    case contact
    /// Content-Length (RFC 3261 section 20.14), l for short.
    case contentLength
    /// Content-Type (RFC 3261 section 20.15), c for short.
    case contentType
    /// Content-Encoding (RFC 3261 section 20.12), e for short.
    case contentEncoding
    /// Expires (RFC 3261 section 20.19).
    case expires
    /// Min-Expires (RFC 3261 section 20.23).
    case minExpires
    /// Route (RFC 3261 section 20.34).
    case route
    /// Record-Route (RFC 3261 section 20.30).
    case recordRoute
    /// Path (RFC 3327).
    case path
    /// Service-Route (RFC 3608).
    case serviceRoute
    /// Refer-To (RFC 3515), r for short.
    case referTo
    /// Referred-By (RFC 3892), b for short.
    case referredBy
    /// Replaces (RFC 3891).
    case replaces
    /// P-Asserted-Identity (RFC 3325 section 9.1).
    case pAssertedIdentity
    /// P-Preferred-Identity (RFC 3325 section 9.2).
    case pPreferredIdentity
    /// Authorization (RFC 3261 section 20.7).
    case authorization
    /// Proxy-Authorization (RFC 3261 section 20.28).
    case proxyAuthorization
    /// Require (RFC 3261 section 20.32).
    case require
    /// Supported (RFC 3261 section 20.37), k for short.
    case supported
    /// Session-Expires (RFC 4028 section 4), x for short.
    case sessionExpires

    /// Whether both are the same.
    @_noLocks
    public static func == (left: HeaderName, right: HeaderName) -> Bool { left.rawValue == right.rawValue }

    /// Its place in a table of all names, below 32.
    var index: Int {
        @_noLocks get { Int(truncatingIfNeeded: rawValue) }
    }

    /// The name that stands in `range`, without the colon or a space behind it.
    @_noLocks
    public init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        self.init(bytes, range.lowerBound, count: range.count)
    }

    @inline(__always) @_noLocks
    init(_ bytes: borrowing RawSpan, _ start: Int, count: Int) {
        // The longest are P-Preferred-Identity's 20 bytes.
        if count <= 8 {
            self = Self.short(Keyword(lowerCased: bytes, start, count: count), count)
        } else if count <= 20 {
            self = Self.long(Keyword(lowerCased: bytes, start, count: count), count)
        } else {
            self = .other
        }
    }

    @inline(__always) @_noLocks
    private static func short(_ name: Keyword, _ count: Int) -> HeaderName {
        switch count {
        case 1: return letter(name.letter)
        case 2: if name == Keyword("to") { return .to }
        case 3: if name == Keyword("via") { return .via }
        case 4:
            if name == Keyword("from") { return .from }
            if name == Keyword("cseq") { return .cSeq }
            if name == Keyword("path") { return .path }
        case 5: if name == Keyword("route") { return .route }
        case 7:
            if name == Keyword("call-id") { return .callID }
            if name == Keyword("contact") { return .contact }
            if name == Keyword("expires") { return .expires }
            if name == Keyword("require") { return .require }
        case 8:
            if name == Keyword("refer-to") { return .referTo }
            if name == Keyword("replaces") { return .replaces }
        default: break
        }
        return .other
    }

    @inline(__always) @_noLocks
    private static func letter(_ letter: UInt8) -> HeaderName {
        switch letter {
        case UInt8(ascii: "v"): .via
        case UInt8(ascii: "f"): .from
        case UInt8(ascii: "t"): .to
        case UInt8(ascii: "i"): .callID
        case UInt8(ascii: "m"): .contact
        case UInt8(ascii: "l"): .contentLength
        case UInt8(ascii: "c"): .contentType
        case UInt8(ascii: "e"): .contentEncoding
        case UInt8(ascii: "r"): .referTo
        case UInt8(ascii: "b"): .referredBy
        case UInt8(ascii: "k"): .supported
        case UInt8(ascii: "x"): .sessionExpires
        default: .other
        }
    }

    @inline(__always) @_noLocks
    private static func long(_ name: Keyword, _ count: Int) -> HeaderName {
        switch count {
        case 9: if name == Keyword("supported") { return .supported }
        case 11:
            if name == Keyword("referred-by") { return .referredBy }
            if name == Keyword("min-expires") { return .minExpires }
        case 12:
            if name == Keyword("content-type") { return .contentType }
            if name == Keyword("record-route") { return .recordRoute }
        case 13:
            if name == Keyword("service-route") { return .serviceRoute }
            if name == Keyword("authorization") { return .authorization }
        case 14: if name == Keyword("content-length") { return .contentLength }
        case 15: if name == Keyword("session-expires") { return .sessionExpires }
        case 16: if name == Keyword("content-encoding") { return .contentEncoding }
        case 19:
            if name == Keyword("p-asserted-identity") { return .pAssertedIdentity }
            if name == Keyword("proxy-authorization") { return .proxyAuthorization }
        case 20: if name == Keyword("p-preferred-identity") { return .pPreferredIdentity }
        default: break
        }
        return .other
    }
}
