// o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address> (RFC 8866 section 5.2). Read from its end,
// because some put spaces into the user name.

import TextFormats

/// The address in the o= line of a session description.
public struct SDPOrigin: Sendable {
    /// Where the session was made.
    public let address: SDPAddress

    /// Reads the value of a line of the kind `origin`; nil when it does not end with an address of the Internet.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ value: Range<Int>) {
        var start = value.upperBound
        for _ in 0..<3 { start = Self.lastField(bytes, value.lowerBound..<start) }
        guard let connection = SDPConnection(bytes, start..<value.upperBound), connection.suffix.isEmpty else {
            return nil
        }
        address = connection.address
    }

    /// Where the last field of `range` begins.
    @inline(__always) @_noLocks
    private static func lastField(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Int {
        var start = range.upperBound
        while start > range.lowerBound, bytes.byte(at: start &- 1).isLinearSpace { start &-= 1 }
        while start > range.lowerBound, !bytes.byte(at: start &- 1).isLinearSpace { start &-= 1 }
        return start
    }
}
