// a=<name> or a=<name>:<value> (RFC 8866 section 5.13). The case of a name does not matter, because some who read it ignore
// it.

import TextFormats

/// An attribute that a gateway acts on.
struct SDPAttribute {
    let kind: SDPLine.Kind
    /// What stands behind its name and the colon.
    let value: Range<Int>

    /// Reads what stands behind "a=" in `range` of `bytes`, and begins with `letters`, the first lowest, zeros behind the
    /// last; nil when it is none that a gateway acts on.
    @inline(__always) @_noLocks
    init?(_ bytes: borrowing RawSpan, _ range: Range<Int>, beginning letters: UInt32) {
        if Self.isRTPMap(bytes, range, letters) {
            kind = .rtpmap
            value = range.lowerBound &+ 7..<range.upperBound
            return
        }
        guard Self.mayBeKnown(letters) else { return nil }
        let nameEnd = bytes.end(before: ASCII.colon, ASCII.colon, in: range)
        let count = nameEnd &- range.lowerBound
        // The longest are remote-candidates and end-of-candidates.
        guard count >= 3 && count <= 17 else { return nil }
        let name = Keyword(lowerCased: bytes, range.lowerBound, count: count)
        guard let kind = Self.kind(name, count, letters: letters | 0x2020_2020) else { return nil }
        let hasColon = nameEnd < range.upperBound && bytes.byte(at: nameEnd) == ASCII.colon
        value = (hasColon ? nameEnd &+ 1 : nameEnd)..<range.upperBound
        if case .bundle = kind, !Self.isBundle(bytes, value) { return nil }
        self.kind = kind
    }

    /// The short way of the most frequent one: whether it begins with "rtpmap:", as all do that say something.
    @inline(__always) @_noLocks
    private static func isRTPMap(_ bytes: borrowing RawSpan, _ range: Range<Int>, _ letters: UInt32) -> Bool {
        letters | 0x2020_2020 == UInt32(ascii: "rtpm") && range.count >= 7
            && bytes.byte(at: range.lowerBound &+ 4) | 0x20 == UInt8(ascii: "a")
            && bytes.byte(at: range.lowerBound &+ 5) | 0x20 == UInt8(ascii: "p")
            && bytes.byte(at: range.lowerBound &+ 6) == ASCII.colon
    }

    /// Whether a name can be known that begins with these letters: most, as fmtp and ptime, cannot.
    @inline(__always) @_noLocks
    private static func mayBeKnown(_ letters: UInt32) -> Bool {
        switch letters | 0x2020_2020 {
        case UInt32(ascii: "rtcp"), UInt32(ascii: "rtpm"), UInt32(ascii: "cand"), UInt32(ascii: "send"),
            UInt32(ascii: "recv"),
            UInt32(ascii: "inac"), UInt32(ascii: "ice-"), UInt32(ascii: "setu"), UInt32(ascii: "grou"),
            UInt32(ascii: "path"), UInt32(ascii: "msrp"), UInt32(ascii: "bund"), UInt32(ascii: "cryp"),
            UInt32(ascii: "fing"), UInt32(ascii: "remo"), UInt32(ascii: "end-"):
            true
        case let letters: letters & 0xFF_FFFF == UInt32(ascii: "mid")
        }
    }

    @inline(__always) @_noLocks
    private static func kind(_ name: Keyword, _ count: Int, letters: UInt32) -> SDPLine.Kind? {
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
        // In lower case a CR behind the name is a hyphen, too.
        return count > 3 && letters == UInt32(ascii: "ice-") ? .ice : nil
    }

    /// Whether a group is one of media that share a port: other groups are of no interest.
    @_noLocks
    private static func isBundle(_ bytes: borrowing RawSpan, _ value: Range<Int>) -> Bool {
        var tokens = SDPTokens(value)
        return bytes.isKeyword(tokens.next(in: bytes), "bundle")
    }
}
