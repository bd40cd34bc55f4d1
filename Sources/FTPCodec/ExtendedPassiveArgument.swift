import TextFormats

/// The argument of EPSV (RFC 2428 section 3).
public enum ExtendedPassiveArgument: Hashable, Sendable {
    /// No argument: the address family of the control connection.
    case none
    /// ALL, in any case: only EPSV will be used from now on (RFC 2428 section 4).
    case all
    /// The number of an address family: 1 for IPv4, 2 for IPv6.
    case family(Int)
    /// Anything else, among it numbers of more than five digits.
    case other

    /// Reads the argument that stands in `range` of `line`.
    @_noLocks
    public init(_ line: borrowing RawSpan, _ range: Range<Int>) {
        var cursor = TelnetCursor(range)
        var letters: UInt32 = 0
        var number = 0
        var count = 0
        var digits = 0
        while let byte = cursor.next(in: line) {
            count &+= 1
            letters = letters << 8 | UInt32(truncatingIfNeeded: byte.value.upperCased)
            guard byte.value.isDigit, count <= 5 else { continue }
            digits &+= 1
            number = number &* 10 &+ Int(truncatingIfNeeded: byte.value &- ASCII.zero)
        }
        if count == 0 {
            self = .none
        } else if count == digits {
            self = .family(number)
        } else {
            self = count == 3 && letters == 0x41_4C4C ? .all : .other
        }
    }
}
