import TextFormats

/// The value of Replaces (RFC 3891 section 6.1): the dialog that is to be replaced.
public struct Replaces: Sendable {
    /// Its Call-ID.
    public let callID: Range<Int>
    /// The tag that the receiver gave.
    public let toTag: Range<Int>
    /// The tag that the other side gave.
    public let fromTag: Range<Int>

    /// Reads the value that fills `range`; nil when a part is missing.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        guard let semicolon = bytes.first(ASCII.semicolon, in: range) else { return nil }
        let parameters = semicolon..<range.upperBound
        guard let toTag = Parameters.value(of: .toTag, in: bytes, parameters),
            let fromTag = Parameters.value(of: .fromTag, in: bytes, parameters)
        else { return nil }
        callID = bytes.trimmed(range.lowerBound..<semicolon)
        self.toTag = toTag
        self.fromTag = fromTag
        guard !callID.isEmpty && !toTag.isEmpty && !fromTag.isEmpty else { return nil }
    }
}
