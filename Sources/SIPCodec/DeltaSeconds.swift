import TextFormats

/// Seconds (RFC 3261 section 25.1, delta-seconds): Expires, Min-Expires, Session-Expires, and the parameter expires.
public enum DeltaSeconds {
    /// The number with which `range` begins, at most 2^32 - 1: what is larger is that (RFC 3261 section 20.19). Nil
    /// when there is no number, or anything but white space or a parameter behind it.
    @_noLocks
    public static func parse(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> UInt32? {
        let number = bytes.number(from: range.lowerBound, range.upperBound)
        let next = bytes.skipSpace(number.end, range.upperBound)
        if next < range.upperBound, bytes.byte(at: next) != ASCII.semicolon { return nil }
        return number.end > range.lowerBound ? number.value : nil
    }
}
