// A line is a letter, an equals sign and a value (RFC 8866 section 5); that of an attribute is a name alone, or a name, a
// colon and a value of its own (section 5.13).

import TextFormats

/// A line of a session description that a gateway acts on.
public struct SDPLine: Sendable {
    /// What a line is about.
    public enum Kind: UInt8, Hashable, Sendable {
        /// o=: who made the session, read by `SDPOrigin`.
        case origin
        /// c=: where media go, read by `SDPConnection`.
        case connection
        /// m=: a media and its port, read by `SDPMedia`. One that cannot be read is still the beginning of a media.
        case media
        /// a=rtcp: where RTCP goes instead of to the next port (RFC 3605), read by `SDPControlPort`.
        case rtcp
        /// a=rtpmap: what a payload type stands for, read by `SDPRTPMap`.
        case rtpmap
        /// a=rtcp-mux: RTCP may share the port of RTP (RFC 5761).
        case rtcpMux
        /// a=rtcp-mux-only: RTCP must share the port of RTP (RFC 8858).
        case rtcpMuxOnly
        /// a=candidate: an address to try (RFC 8839 section 5.1), read by `SDPCandidate`.
        case candidate
        /// a=remote-candidates: those of the other side that were chosen (RFC 8839 section 5.2).
        case remoteCandidates
        /// a=end-of-candidates (RFC 8840 section 8.2).
        case endOfCandidates
        /// a=ice-lite: only answers checks (RFC 8839 section 5.3).
        case iceLite
        /// Any other a=ice-: ice-ufrag, ice-pwd, ice-options, ice-pacing, ice-mismatch (RFC 8839 section 5).
        case ice
        /// a=sendrecv (RFC 8866 section 6.7).
        case sendReceive
        /// a=sendonly.
        case sendOnly
        /// a=recvonly.
        case receiveOnly
        /// a=inactive.
        case inactive
        /// a=setup: who opens the TCP connection or begins DTLS, read by `SDPSetup`.
        case setup
        /// a=group:BUNDLE: all media named in it may share the port of the first (RFC 8843).
        case bundle
        /// a=bundle-only: the media has port 0, and is used only if it is bundled (RFC 8843 section 6).
        case bundleOnly
        /// a=mid: the name of the media (RFC 5888 section 4).
        case mid
        /// a=crypto: keys for SRTP (RFC 4568).
        case crypto
        /// a=fingerprint: of a certificate (RFC 8122 section 5).
        case fingerprint
        /// a=path: the MSRP URIs to the media (RFC 4975 section 8), read by `SDPPath`.
        case path
        /// a=msrp-cema: who says it connects to where m= and c= say, and not to where a=path does (RFC 6714).
        case cema
    }

    /// What it is about.
    public let kind: Kind
    private let lineRange: TextRange
    @usableFromInline let valueRange: TextRange

    /// All of the line, with the CR LF or LF that ends it.
    public var range: Range<Int> { @_noLocks get { lineRange.range } }
    /// What stands behind the "=", or the ":" of an attribute, without white space at either end. Empty when nothing does.
    @inlinable public var value: Range<Int> { @inline(__always) @_noLocks get { valueRange.range } }

    /// Reads the line that begins at `start` of `bytes`, and ends at `end`, the LF at `lineFeed` included, if it has one;
    /// nil when it is none that a gateway acts on. A CR before the LF is white space at the end of the value.
    @inline(__always) @_noLocks
    init?(_ bytes: borrowing RawSpan, _ start: Int, _ lineFeed: Int, end: Int, skipsRTPMap: Bool) {
        var valueStart = start &+ 2
        guard valueStart <= lineFeed else { return nil }
        let beginning = bytes.shortWord(at: start, count: lineFeed &- start)
        switch beginning & 0xFFFF {
        case UInt64(ascii: "a="):
            guard
                let attribute = SDPAttribute(
                    bytes, valueStart, lineFeed, beginning: beginning &>> 16, skipsRTPMap: skipsRTPMap)
            else { return nil }
            kind = attribute.kind
            valueStart = attribute.valueStart
        case UInt64(ascii: "c="): kind = .connection
        case UInt64(ascii: "m="): kind = .media
        case UInt64(ascii: "o="): kind = .origin
        default: return nil
        }
        lineRange = TextRange(start, end)
        let value = bytes.trimmed(valueStart, lineFeed)
        valueRange = TextRange(value.start, value.end)
    }
}

extension UInt64 {
    /// Up to eight letters, the first lowest.
    @inline(__always) @_noLocks
    init(ascii letters: StaticString) {
        self = 0
        var offset = letters.utf8CodeUnitCount
        while offset > 0 {
            offset &-= 1
            // Safe: within the literal's bytes, which stay.
            self = self &<< 8 | UInt64(truncatingIfNeeded: unsafe letters.utf8Start[offset])
        }
    }
}
