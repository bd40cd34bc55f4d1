// o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address> (RFC 8866 section 5.2). Read from its end,
// because some put spaces into the user name.

import CXDP
import TextFormats

/// The address in the o= line of a session description.
public struct SDPOrigin: Sendable {
    /// Where the session was made.
    public let address: SDPAddress

    /// Reads the value of a line of the kind `origin`; nil when it does not end with an address of the
    /// Internet.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ value: Range<Int>) {
        var start = value.upperBound
        for _ in 0..<3 { start = Self.lastField(bytes, value.lowerBound..<start) }
        guard let connection = SDPConnection(bytes, start..<value.upperBound), connection.suffix.isEmpty else {
            return nil
        }
        self.init(connection.address)
    }

    /// The same at less cost where the address is that of a `known` endpoint.
    @inline(__always) @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ value: Range<Int>, known: borrowing KnownEndpoints) {
        if let address = SDPAddress(bytes, before: value.upperBound, known),
            address.range.lowerBound &- 8 > value.lowerBound,
            bytes.byte(at: address.range.lowerBound &- 8) == ASCII.space
        {
            self.init(address)
        } else {
            self.init(bytes, value)
        }
    }

    @inline(__always) @_noLocks
    private init(_ address: SDPAddress) { self.address = address }

    /// Where the last field of `range` begins.
    @inline(__always) @_noLocks
    private static func lastField(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Int {
        var end = range.upperBound
        while end > range.lowerBound, bytes.byte(at: end &- 1).isLinearSpace { end &-= 1 }
        return bytes.lastSpace(in: range.lowerBound..<end).map { $0 &+ 1 } ?? range.lowerBound
    }
}

extension RawSpan {
    /// Where the last space stands in `range`, looked for sixteen bytes at a time.
    @inline(__always) @_noLocks
    fileprivate func lastSpace(in range: Range<Int>) -> Int? {
        var end = range.upperBound
        while end > range.lowerBound {
            let start = max(range.lowerBound, end &- 16)
            let inside = 1 &<< UInt32(truncatingIfNeeded: end &- start) &- 1
            let mask = sp_equal(window(at: start), ASCII.space) & inside
            if mask != 0 { return start &+ 31 &- mask.leadingZeroBitCount }
            end = start
        }
        return nil
    }
}
