import TextFormats
import WireFormats

/// An endpoint whose text is looked for, so that where it stands its digits need not be read.
public struct KnownEndpoint: BitwiseCopyable, Sendable {
    /// The endpoint.
    public let endpoint: Endpoint
    /// `address:port`.
    public let text: EndpointText

    /// Makes its text, once for all the messages in which it may stand.
    @inline(__always) @_noLocks
    public init(_ endpoint: Endpoint) {
        self.endpoint = endpoint
        text = EndpointText(endpoint)
    }

    /// Where the address ends with which `range` begins; nil when that is another one, or is not known to be this one. All
    /// digits and dots there belong to it.
    @inline(__always) @_noLocks
    func addressEnd(in bytes: borrowing RawSpan, _ range: Range<Int>) -> Int? {
        guard let end = possibleEnd(in: bytes, range) else { return nil }
        return end == range.upperBound || !bytes.byte(at: end).isDigitOrDot ? end : nil
    }

    /// The same, and where address and port end when both are these.
    @inline(__always) @_noLocks
    func place(in bytes: borrowing RawSpan, _ range: Range<Int>) -> (end: Int, hasPort: Bool)? {
        guard let end = possibleEnd(in: bytes, range) else { return nil }
        // Safe: the address has at most 15 of 24 bytes that lie inside.
        if let portEnd = unsafe text.portEnd(unchecked: bytes, at: end), portEnd < range.upperBound,
            !bytes.byte(at: portEnd).isDigit
        {
            return (portEnd, true)
        }
        return end == range.upperBound || !bytes.byte(at: end).isDigitOrDot ? (end, false) : nil
    }

    @inline(__always) @_noLocks
    private func possibleEnd(in bytes: borrowing RawSpan, _ range: Range<Int>) -> Int? {
        let start = range.lowerBound
        let end = start &+ text.addressCount
        // Safe: what is asked first.
        guard bytes.has(24, at: start), end <= range.upperBound, unsafe text.hasAddress(unchecked: bytes, at: start)
        else { return nil }
        return end
    }
}

/// The endpoints that stand in most messages: those of its sender, and of its receiver.
public struct KnownEndpoints: BitwiseCopyable, Sendable {
    /// The one, mostly its subject.
    public let first: KnownEndpoint
    /// The other.
    public let second: KnownEndpoint

    /// Both of them.
    @_noLocks
    public init(_ first: KnownEndpoint, _ second: KnownEndpoint) {
        self.first = first
        self.second = second
    }

    /// None that stands anywhere.
    public static var none: KnownEndpoints {
        @_noLocks get {
            let nowhere = KnownEndpoint(Endpoint(IPv4Address(0), 0))
            return KnownEndpoints(nowhere, nowhere)
        }
    }
}

extension UInt8 {
    fileprivate var isDigitOrDot: Bool { @inline(__always) @_noLocks get { isDigit || self == ASCII.dot } }
}
