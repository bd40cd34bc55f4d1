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

    @_noLocks
    private init(_ bytes: borrowing RawSpan, _ start: Int, count: Int) {
        if count <= 8 {
            self = Self.short(bytes.shortWord(at: start, count: count), count)
        } else if count < 16 {
            self = Self.long(bytes.word(at: start), bytes.word(at: start &+ count &- 8), count)
        } else {
            self = Self.longest(bytes, start, count)
        }
    }

    /// The name of at most 15 bytes at `start`, from where 16 lie inside; `other` for one that is longer.
    @inline(__always) @_noLocks @unsafe
    init(unchecked bytes: borrowing RawSpan, _ start: Int, count: Int) {
        // Safe: what the caller has made sure of.
        let first = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self)
        if count <= 8 {
            self = Self.short(UInt64(littleEndian: first), count)
        } else {
            let last = unsafe bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: start &+ count &- 8, as: UInt64.self)
            self = Self.long(UInt64(littleEndian: first), UInt64(littleEndian: last), count)
        }
    }

    // That the count is a constant wherever names are compared makes the words constants.

    @inline(always) @_noLocks
    private static func short(_ word: UInt64, _ count: Int) -> HeaderName {
        switch count {
        case 1: return letter(UInt8(truncatingIfNeeded: word) | 0x20)
        case 2: if Keyword(lowerCased: word, count: 2) == Keyword("to") { return .to }
        case 3: if Keyword(lowerCased: word, count: 3) == Keyword("via") { return .via }
        case 4:
            let name = Keyword(lowerCased: word, count: 4)
            if name == Keyword("from") { return .from }
            if name == Keyword("cseq") { return .cSeq }
            if name == Keyword("path") { return .path }
        case 5: if Keyword(lowerCased: word, count: 5) == Keyword("route") { return .route }
        case 7:
            let name = Keyword(lowerCased: word, count: 7)
            if name == Keyword("call-id") { return .callID }
            if name == Keyword("contact") { return .contact }
            if name == Keyword("expires") { return .expires }
            if name == Keyword("require") { return .require }
        case 8:
            let name = Keyword(lowerCased: word, count: 8)
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

    /// The first and last eight bytes of a name of 9 to 15.
    @inline(always) @_noLocks
    private static func long(_ first: UInt64, _ last: UInt64, _ count: Int) -> HeaderName {
        let name = Keyword(lowerCased: first, last: last)
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
        default: break
        }
        return .other
    }

    @_noLocks
    private static func longest(_ bytes: borrowing RawSpan, _ start: Int, _ count: Int) -> HeaderName {
        guard count <= 20 else { return .other }
        let name = Keyword(lowerCased: bytes, start, count: count)
        switch count {
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
