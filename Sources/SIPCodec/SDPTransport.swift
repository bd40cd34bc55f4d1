import TextFormats

/// What carries a media, as far as a gateway cares; told from the protocol in its m= line (RFC 8866 section 5.14).
public enum SDPTransport: UInt8, Hashable, Sendable {
    /// RTP over UDP, with RTCP beside it: RTP/AVP, RTP/SAVPF, UDP/TLS/RTP/SAVPF and their like.
    case rtp
    /// Anything else over UDP: udptl, UDP, UDP/DTLS/SCTP.
    case udp
    /// TCP, whatever is carried over it: TCP, TCP/MSRP, TCP/TLS/BFCP.
    case tcp
    /// RTP over TCP, with RTCP on a connection of its own (RFC 4571): TCP/RTP/AVP, TCP/TLS/RTP/AVP.
    case rtpOverTCP
    /// One that is not known.
    case other

    /// Tells it from the protocol in `range` of `bytes`, from what is before the first slash in it: mostly "RTP".
    @inline(__always) @_noLocks
    init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        let isUsual = range.count >= 4 && bytes.quarter(at: range.lowerBound) | 0x20_2020 == 0x2F70_7472
        self = isUsual ? .rtp : Self.other(bytes, range)
    }

    @inline(never) @_noLocks
    private static func other(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> SDPTransport {
        let slash = bytes.first(ASCII.slash, in: range)
        let layer = range.lowerBound..<(slash ?? range.upperBound)
        if bytes.isKeyword(layer, "rtp") { return .rtp }
        if bytes.isKeyword(layer, "udp") {
            return carriesRTP(bytes, layer.upperBound..<range.upperBound) ? .rtp : .udp
        }
        if bytes.isKeyword(layer, "tcp") {
            return carriesRTP(bytes, layer.upperBound..<range.upperBound) ? .rtpOverTCP : .tcp
        }
        // DTLS/SCTP is what drafts of RFC 8841 called UDP/DTLS/SCTP.
        return bytes.isKeyword(layer, "udptl") || bytes.isKeyword(layer, "dtls") ? .udp : .other
    }

    /// Whether one of the layers in `range`, each with the slash before it, is RTP.
    @_noLocks
    private static func carriesRTP(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Bool {
        var start = range.lowerBound
        while start < range.upperBound {
            let next = bytes.first(ASCII.slash, in: start &+ 1..<range.upperBound) ?? range.upperBound
            if bytes.isKeyword(start &+ 1..<next, "rtp") { return true }
            start = next
        }
        return false
    }
}
