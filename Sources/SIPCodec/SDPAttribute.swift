// a=<name> or a=<name>:<value> (RFC 8866 section 5.13). The case of a name does not matter, because some who read it ignore
// it.

import TextFormats

/// An attribute that a gateway acts on.
struct SDPAttribute {
    let kind: SDPLine.Kind
    /// Where that begins which stands behind its name and the colon.
    let valueStart: Int

    /// Reads what stands behind "a=", from `start` to `end` of `bytes`, and begins with these six `letters`, the first
    /// lowest, of which those behind the end do not matter; nil when it is none that a gateway acts on. Most are a=rtpmap, or
    /// not known.
    @inline(__always) @_noLocks
    init?(_ bytes: borrowing RawSpan, _ start: Int, _ end: Int, beginning letters: UInt64, skipsRTPMap: Bool) {
        let letters = letters | 0x2020_2020_2020
        if letters == UInt64(ascii: "rtpmap"), end &- start >= 7, bytes.byte(at: start &+ 6) == ASCII.colon {
            guard !skipsRTPMap else { return nil }
            kind = .rtpmap
            valueStart = start &+ 7
        } else {
            guard Self.mayBeKnown(letters & 0xFFFF_FFFF), let known = Self.known(bytes, start..<end) else { return nil }
            self = known
        }
    }

    /// Whether a name can be known that begins with these letters: most, as fmtp and ptime, cannot.
    @inline(__always) @_noLocks
    private static func mayBeKnown(_ letters: UInt64) -> Bool {
        switch letters {
        case UInt64(ascii: "rtcp"), UInt64(ascii: "rtpm"), UInt64(ascii: "cand"), UInt64(ascii: "send"),
            UInt64(ascii: "recv"),
            UInt64(ascii: "inac"), UInt64(ascii: "ice-"), UInt64(ascii: "setu"), UInt64(ascii: "grou"),
            UInt64(ascii: "path"), UInt64(ascii: "msrp"), UInt64(ascii: "bund"), UInt64(ascii: "cryp"),
            UInt64(ascii: "fing"), UInt64(ascii: "remo"), UInt64(ascii: "end-"):
            true
        default: letters & 0xFF_FFFF == UInt64(ascii: "mid")
        }
    }

    @inline(never) @_noLocks
    private static func known(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> SDPAttribute? {
        let nameEnd = bytes.end(before: ASCII.colon, ASCII.colon, in: range)
        let count = nameEnd &- range.lowerBound
        // The longest are remote-candidates and end-of-candidates.
        guard count >= 3 && count <= 17 else { return nil }
        let name = Keyword(lowerCased: bytes, range.lowerBound, count: count)
        guard let kind = Self.kind(name, bytes, range.lowerBound, count) else { return nil }
        let hasColon = nameEnd < range.upperBound && bytes.byte(at: nameEnd) == ASCII.colon
        let valueStart = hasColon ? nameEnd &+ 1 : nameEnd
        if case .bundle = kind, !isBundle(bytes, valueStart..<range.upperBound) { return nil }
        return SDPAttribute(kind: kind, valueStart: valueStart)
    }

    @inline(__always) @_noLocks
    private init(kind: SDPLine.Kind, valueStart: Int) {
        self.kind = kind
        self.valueStart = valueStart
    }

    @inline(__always) @_noLocks
    private static func kind(
        _ name: Keyword, _ bytes: borrowing RawSpan, _ start: Int, _ count: Int
    ) -> SDPLine.Kind? {
        switch count {
        case 3: if name == Keyword("mid") { return .mid }
        case 4:
            if name == Keyword("rtcp") { return .rtcp }
            if name == Keyword("path") { return .path }
        case 5:
            if name == Keyword("setup") { return .setup }
            if name == Keyword("group") { return .bundle }
        case 6:
            if name == Keyword("crypto") { return .crypto }
            if name == Keyword("rtpmap") { return .rtpmap }
        case 8:
            if name == Keyword("sendrecv") { return .sendReceive }
            if name == Keyword("sendonly") { return .sendOnly }
            if name == Keyword("recvonly") { return .receiveOnly }
            if name == Keyword("inactive") { return .inactive }
            if name == Keyword("rtcp-mux") { return .rtcpMux }
            if name == Keyword("ice-lite") { return .iceLite }
        case 9:
            if name == Keyword("candidate") { return .candidate }
            if name == Keyword("msrp-cema") { return .cema }
        case 11:
            if name == Keyword("bundle-only") { return .bundleOnly }
            if name == Keyword("fingerprint") { return .fingerprint }
        case 13: if name == Keyword("rtcp-mux-only") { return .rtcpMuxOnly }
        case 17:
            if name == Keyword("remote-candidates") { return .remoteCandidates }
            if name == Keyword("end-of-candidates") { return .endOfCandidates }
        default: break
        }
        return count > 3 && bytes.quarter(at: start) | 0x20_2020 == 0x2D65_6369 ? .ice : nil
    }

    /// Whether a group is one of media that share a port: other groups are of no interest.
    @_noLocks
    private static func isBundle(_ bytes: borrowing RawSpan, _ value: Range<Int>) -> Bool {
        var tokens = SDPTokens(value)
        return bytes.isKeyword(tokens.next(in: bytes), "bundle")
    }
}
