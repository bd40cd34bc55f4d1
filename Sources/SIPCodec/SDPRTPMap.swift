// a=rtpmap:<payload type> <encoding name>/<clock rate>[/<encoding parameters>] (RFC 8866 section 6.6)

import TextFormats

/// What a payload type of RTP stands for.
public struct SDPRTPMap: Sendable {
    /// 0 to 127.
    public let payloadType: UInt8
    /// How often the clock of its timestamps ticks, in Hz; what is above 2^32 - 1 is that.
    public let clockRate: UInt32

    /// Reads the value of a line of the kind `rtpmap`; nil when it does not have this form, or is of no payload type.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ value: Range<Int>) {
        var tokens = SDPTokens(value)
        guard let type = bytes.number(tokens.next(in: bytes)), type <= 127 else { return nil }
        let encoding = tokens.next(in: bytes)
        guard let slash = bytes.first(ASCII.slash, in: encoding) else { return nil }
        let rest = slash &+ 1..<encoding.upperBound
        let end = bytes.first(ASCII.slash, in: rest) ?? rest.upperBound
        guard let rate = bytes.number(rest.lowerBound..<end) else { return nil }
        payloadType = UInt8(truncatingIfNeeded: type)
        clockRate = rate
    }
}
