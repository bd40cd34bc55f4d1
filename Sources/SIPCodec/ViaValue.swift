import TextFormats

/// One value of Via (RFC 3261 section 20.42): by what, and from where, a request was sent.
public struct ViaValue: BitwiseCopyable, Sendable {
    /// The sent-by: where responses go without `received` and `rport`.
    public let sentBy: SIPHost
    /// branch, the identity of the transaction.
    public private(set) var branch: Parameter?
    /// received (RFC 3261 section 18.2.1); an IPv6 address may have brackets or not (RFC 5118 section 4.5).
    public private(set) var received: Parameter?
    /// rport (RFC 3581), without a value in a request.
    public private(set) var rport: Parameter?
    /// maddr.
    public private(set) var maddr: Parameter?
    /// ttl.
    public private(set) var ttl: Parameter?
    /// keep (RFC 6223), without a value in a request.
    public private(set) var keep: Parameter?
    private let transportText: TextRange
    private let parametersText: TextRange

    /// Where the transport stands: UDP, TCP, TLS, SCTP, WS, WSS or another token.
    public var transport: Range<Int> { @_noLocks get { transportText.range } }
    /// All parameters with the semicolon before the first, for `Parameters`; empty when there are none.
    public var parameters: Range<Int> { @_noLocks get { parametersText.range } }

    /// Reads the value that fills `range`; nil when it breaks the grammar.
    @inline(__always) @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        guard let transportStart = Self.transport(bytes, range) else { return nil }
        let end = range.upperBound
        let transportEnd = bytes.end(before: ASCII.semicolon, ASCII.slash, in: transportStart..<end)
        let host = bytes.skipSpace(transportEnd, end)
        guard transportEnd > transportStart, host > transportEnd,
            let sentBy = SIPHost(bytes, host..<end, isVia: true)
        else { return nil }
        let parametersStart = bytes.skipSpace(sentBy.portRange.upperBound, end)
        if parametersStart < end, bytes.byte(at: parametersStart) != ASCII.semicolon { return nil }
        transportText = TextRange(transportStart..<transportEnd)
        self.sentBy = sentBy
        parametersText = TextRange(parametersStart..<end)
        readParameters(bytes)
    }

    /// Where the transport begins: behind the name and the version of the protocol, mostly SIP/2.0/. White space may
    /// stand round the slashes.
    @inline(__always) @_noLocks
    private static func transport(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Int? {
        if range.count > 8, bytes.word(at: range.lowerBound) == 0x2F30_2E32_2F50_4953 {
            return bytes.skipSpace(range.lowerBound &+ 8, range.upperBound)
        }
        guard let version = behindSlash(bytes, range) else { return nil }
        return behindSlash(bytes, version..<range.upperBound)
    }

    /// Where the next token begins behind the first one of `range` and a slash.
    @_noLocks
    private static func behindSlash(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Int? {
        var offset = range.lowerBound
        while offset < range.upperBound, bytes.byte(at: offset).isToken { offset &+= 1 }
        guard offset > range.lowerBound else { return nil }
        let slash = bytes.skipSpace(offset, range.upperBound)
        guard slash < range.upperBound, bytes.byte(at: slash) == ASCII.slash else { return nil }
        return bytes.skipSpace(slash &+ 1, range.upperBound)
    }

    @inline(__always) @_noLocks
    private mutating func readParameters(_ bytes: borrowing RawSpan) {
        var rest = Parameters(parameters)
        while let parameter = rest.next(in: bytes) {
            switch parameter.name {
            case .branch: branch = branch ?? parameter
            case .received: received = received ?? parameter
            case .rport: rport = rport ?? parameter
            case .maddr: maddr = maddr ?? parameter
            case .ttl: ttl = ttl ?? parameter
            case .keep: keep = keep ?? parameter
            default: break
            }
        }
    }
}
