import TextFormats
import WireFormats

/// The IPv4 address that a sip URI has as its host, and what a translator of addresses needs to know of the rest.
public struct NumericHost: BitwiseCopyable, Sendable {
    /// The address.
    public let address: IPv4Address
    /// The port, 1 to 65535; nil when there is none.
    public let port: UInt16?
    @usableFromInline let text: TextRange
    @usableFromInline let parametersText: TextRange

    /// Where address and port stand.
    @inlinable public var range: Range<Int> { @inline(__always) @_noLocks get { text.range } }
    /// The parameters of the URI with the semicolon before the first, for `Parameters`; empty when there are none.
    @inlinable public var parameters: Range<Int> { @inline(__always) @_noLocks get { parametersText.range } }

    /// Reads the URI that fills `range`; nil when it breaks the grammar, has another scheme, or a host of another kind. The
    /// `known` endpoints are found at less cost than others.
    @_noLocks
    public init?(
        _ bytes: borrowing RawSpan, uri range: Range<Int>, known: borrowing KnownEndpoints = KnownEndpoints.none
    ) {
        if let usual = NumericHost(bytes, beginning: range, known), usual.range.upperBound == range.upperBound {
            self = usual
        } else {
            self.init(of: SIPURI(bytes, range))
        }
    }

    /// Reads the value that fills `range` as a `NameAddress`, and its URI.
    @_noLocks
    public init?(
        _ bytes: borrowing RawSpan, nameAddress range: Range<Int>, known: borrowing KnownEndpoints = KnownEndpoints.none
    ) {
        if let usual = NumericHost(bytes, bracketed: range, known) {
            self = usual
        } else {
            guard let address = NameAddress(bytes, range) else { return nil }
            self.init(of: SIPURI(bytes, address.uri))
        }
    }

    @inline(__always) @_noLocks
    private init?(of uri: SIPURI?) {
        guard let uri, case .sip = uri.scheme, let host = uri.host, let numeric = NumericHost(host) else { return nil }
        address = numeric.address
        port = numeric.port
        text = numeric.text
        parametersText = TextRange(uri.parameters)
    }

    /// The host of a Via; nil when it is of another kind.
    @inline(__always) @_noLocks
    init?(_ host: SIPHost) {
        guard case .ipv4(let address) = host.kind else { return nil }
        self.address = address
        port = host.port
        text = TextRange(host.range.lowerBound..<host.portRange.upperBound)
        parametersText = TextRange(host.portRange.upperBound..<host.portRange.upperBound)
    }

    // MARK: As nearly all write it

    /// <sip:user@host> or <sip:user@host:port>, or without a user, maybe behind a quoted name, and maybe with parameters
    /// behind it; nil for everything else, which may be an address as well.
    @inline(__always) @_noLocks
    private init?(_ bytes: borrowing RawSpan, bracketed range: Range<Int>, _ known: borrowing KnownEndpoints) {
        var start = range.lowerBound
        let end = range.upperBound
        guard start < end else { return nil }
        if bytes.byte(at: start) == ASCII.quote {
            guard let nameEnd = bytes.quotedEnd(start, end) else { return nil }
            start = bytes.skipSpace(nameEnd, end)
            guard start < end else { return nil }
        }
        guard bytes.byte(at: start) == ASCII.lessThan,
            let host = NumericHost(bytes, beginning: start &+ 1..<end, known)
        else { return nil }
        let close = host.range.upperBound
        guard close < end, bytes.byte(at: close) == ASCII.greaterThan else { return nil }
        guard close &+ 1 == end || bytes.byte(at: close &+ 1) == ASCII.semicolon else { return nil }
        self = host
    }

    /// sip:user@host or sip:user@host:port, or without a user, with which `range` begins; what follows is for the caller to
    /// see.
    @inline(__always) @_noLocks
    private init?(_ bytes: borrowing RawSpan, beginning range: Range<Int>, _ known: borrowing KnownEndpoints) {
        let user = range.lowerBound &+ 4
        let limit = range.upperBound
        guard user < limit, bytes.quarter(at: range.lowerBound) & 0xFFDF_DFDF == 0x3A50_4953 else { return nil }
        let at = bytes.end(before: ASCII.at, ASCII.greaterThan, in: user..<limit)
        var host = user
        if at < limit, bytes.byte(at: at) == ASCII.at {
            guard at > user else { return nil }
            host = at &+ 1
        }
        self.init(bytes, host: host..<limit, known)
    }

    /// The same for host or host:port alone.
    @inline(__always) @_noLocks
    init?(_ bytes: borrowing RawSpan, host range: Range<Int>, _ known: borrowing KnownEndpoints) {
        let limit = range.upperBound
        var end: Int
        var port: UInt16?
        if let place = known.first.place(in: bytes, range) {
            address = known.first.endpoint.address
            end = place.end
            if place.hasPort { port = known.first.endpoint.port }
        } else if let place = known.second.place(in: bytes, range) {
            address = known.second.endpoint.address
            end = place.end
            if place.hasPort { port = known.second.endpoint.port }
        } else {
            guard let leading = LeadingAddress.read(bytes, range) else { return nil }
            address = leading.address
            end = leading.end
        }
        if port == nil, end < limit, bytes.byte(at: end) == ASCII.colon {
            let number = bytes.number(from: end &+ 1, limit)
            guard number.value <= 65535 else { return nil }
            port = UInt16(truncatingIfNeeded: number.value)
            end = number.end
        }
        guard port != 0 else { return nil }
        self.port = port
        text = TextRange(range.lowerBound, end)
        parametersText = TextRange(end, end)
    }
}
