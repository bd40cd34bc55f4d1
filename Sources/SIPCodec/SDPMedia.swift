// m=<media> <port>[/<number of ports>] <proto> <fmt> ... (RFC 8866 section 5.14)

import TextFormats

/// An m= line: a media, and the port it goes to.
public struct SDPMedia: Sendable {
    /// What kind of media it is: "audio".
    public let type: Range<Int>
    /// The port it goes to.
    public let port: SDPPort
    /// How many ports it goes to, 1 to 65535, counted in pairs when RTCP has its own: 1 unless the line says otherwise, as
    /// in 49170/2.
    public let portCount: Int
    /// What carries it.
    public let transport: SDPTransport
    /// The protocol as it is written: "RTP/AVP".
    public let transportText: Range<Int>
    /// The first of its formats, which the sender likes best, if that can be a payload type of RTP: 0 to 127.
    public let payloadType: UInt8?

    /// Reads the value of a line of the kind `media`; nil when a field is missing, or its port is no port.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ value: Range<Int>) {
        var tokens = SDPTokens(value)
        type = tokens.next(in: bytes)
        let ports = tokens.next(in: bytes)
        transportText = tokens.next(in: bytes)
        guard !transportText.isEmpty else { return nil }
        if let type = bytes.number(tokens.next(in: bytes)), type <= 127 {
            payloadType = UInt8(truncatingIfNeeded: type)
        } else {
            payloadType = nil
        }
        if let port = SDPPort(bytes, ports) {
            self.port = port
            portCount = 1
        } else {
            guard let slash = bytes.first(ASCII.slash, in: ports),
                let port = SDPPort(bytes, ports.lowerBound..<slash),
                let count = SDPPort(bytes, slash &+ 1..<ports.upperBound), count.number > 0
            else { return nil }
            self.port = port
            portCount = Int(count.number)
        }
        transport = SDPTransport(bytes, transportText)
    }
}
