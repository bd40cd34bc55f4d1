import TextFormats

/// What carries a media, as far as a gateway cares; told from the protocol in its m= line (RFC 8866 section 5.14).
public enum SDPTransport: UInt8, Hashable, Sendable {
    /// RTP over UDP, with RTCP beside it: RTP/AVP, RTP/SAVPF, UDP/TLS/RTP/SAVPF and their like.
    case rtp
    /// Anything else over UDP: udptl, UDP, UDP/DTLS/SCTP.
    case udp
    /// TCP, whatever is carried over it: TCP, TCP/MSRP, TCP/TLS/BFCP, TCP/RTP/AVP.
    case tcp
    /// One that is not known.
    case other

    /// Tells it from the protocol in `range` of `bytes`.
    @_noLocks
    init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        let letters = bytes.letters(at: range.lowerBound, before: range.upperBound) | 0x2020_2020_2020_2020
        switch letters >> 32 {
        case 0x7274_702F: self = .rtp  // rtp/
        case 0x7564_702F: self = Self.carriesRTP(bytes, range) ? .rtp : .udp  // udp/
        case 0x7564_7020 where range.count == 3: self = .udp
        case 0x7564_7074 where range.count == 5 && letters >> 24 == 0x75_6470_746C: self = .udp  // udptl
        case 0x6474_6C73 where letters >> 24 == 0x64_746C_732F: self = .udp  // dtls/, of early drafts of RFC 8841
        case 0x7463_702F: self = .tcp  // tcp/
        case 0x7463_7020 where range.count == 3: self = .tcp
        default: self = .other
        }
    }

    /// Whether one of the parts between the slashes is "RTP".
    @_noLocks
    private static func carriesRTP(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        while offset &+ 4 < range.upperBound {
            let letters = bytes.letters(at: offset, before: range.upperBound) | 0x2020_2020_2020_2020
            if letters >> 24 == 0x2F_7274_702F { return true }  // /rtp/
            offset &+= 1
        }
        return false
    }
}
