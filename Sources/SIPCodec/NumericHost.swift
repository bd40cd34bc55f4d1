import TextFormats
import WireFormats

/// The IPv4 address that a sip URI has as its host, and what a translator of addresses needs to know of the rest.
public struct NumericHost: BitwiseCopyable, Sendable {
    /// The address.
    public let address: IPv4Address
    /// The port, 1 to 65535; nil when there is none.
    public let port: UInt16?
    private let text: TextRange
    private let parametersText: TextRange

    /// Where address and port stand.
    public var range: Range<Int> { @_noLocks get { text.range } }
    /// The parameters of the URI with the semicolon before the first, for `Parameters`; empty when there are none.
    public var parameters: Range<Int> { @_noLocks get { parametersText.range } }

    /// Reads the URI that fills `range`; nil when it breaks the grammar, has another scheme, or a host of another kind.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, uri range: Range<Int>) {
        self.init(of: SIPURI(bytes, range))
    }

    /// Reads the value that fills `range` as a `NameAddress`, and its URI.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, nameAddress range: Range<Int>) {
        guard let address = NameAddress(bytes, range) else { return nil }
        self.init(of: SIPURI(bytes, address.uri))
    }

    @inline(__always) @_noLocks
    private init?(of uri: SIPURI?) {
        guard let uri, case .sip = uri.scheme, let host = uri.host, case .ipv4(let address) = host.kind else {
            return nil
        }
        self.address = address
        port = host.port
        text = TextRange(host.range.lowerBound..<host.portRange.upperBound)
        parametersText = TextRange(uri.parameters)
    }
}
