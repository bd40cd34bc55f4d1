/// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
///
/// Sums are kept in the machine's byte order: the one's complement sum is the same in either order as long as it is
/// read and written in the one in which the words were added (RFC 1071 section 2 B).
public enum Checksum {
    /// Adds the bytes of a range to a running sum. Ranges of odd length may only come last.
    @inlinable @_noLocks
    public static func sum(_ bytes: borrowing RawSpan, _ range: Range<Int>, onto initial: UInt64 = 0) -> UInt64 {
        var sum = initial
        var offset = range.lowerBound
        if range.count >= 64 { sum &+= wideSum(bytes, range, &offset) }
        while offset &+ 4 <= range.upperBound {
            // Safe: any bits are a number; the span checks the offset.
            sum &+= unsafe UInt64(bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
            offset &+= 4
        }
        if offset &+ 2 <= range.upperBound {
            sum &+= unsafe UInt64(bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
            offset &+= 2
        }
        if offset < range.upperBound {
            sum &+= UInt64(UInt16(bytes.octet(at: offset)).littleEndian)
        }
        return sum
    }

    /// Adds 32 bytes at a time, and leaves `offset` where fewer follow.
    @inlinable @inline(__always) @_noLocks
    static func wideSum(_ bytes: borrowing RawSpan, _ range: Range<Int>, _ offset: inout Int) -> UInt64 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.byteCount, "bytes out of range")
        var (even, odd) = (SIMD2<UInt64>.zero, SIMD2<UInt64>.zero)
        while offset <= range.upperBound &- 32 {
            // Safe: any bits are numbers, and the range lies inside.
            let first = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD2<UInt64>.self)
            let second = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset &+ 16, as: SIMD2<UInt64>.self)
            even = even &+ halves(first)
            odd = odd &+ halves(second)
            offset &+= 32
        }
        return even[0] &+ even[1] &+ odd[0] &+ odd[1]
    }

    /// The sums of the two halves of each word, which leave room for what carries over.
    @inlinable @inline(__always) @_noLocks
    static func halves(_ words: SIMD2<UInt64>) -> SIMD2<UInt64> {
        (words & SIMD2<UInt64>(repeating: 0xffff_ffff)) &+ (words &>> SIMD2<UInt64>(repeating: 32))
    }

    /// The sum of the pseudo header of TCP or UDP over IPv4 (RFC 9293 section 3.1); `length` is header plus data.
    @inlinable @_noLocks
    public static func pseudoHeader(
        _ source: IPv4Address, _ destination: IPv4Address, protocol number: UInt8, length: Int
    ) -> UInt64 {
        UInt64(source.bigEndian) &+ UInt64(destination.bigEndian) &+ UInt64(UInt16(number).bigEndian)
            &+ UInt64(UInt16(truncatingIfNeeded: length).bigEndian)
    }

    /// Folds a running sum into 16 bits, not complemented. A packet whose checksum is right folds to 0xffff.
    @inlinable @_noLocks
    public static func fold(_ sum: UInt64) -> UInt16 {
        var folded = (sum & 0xffff_ffff) &+ (sum >> 32)
        folded = (folded & 0xffff) &+ (folded >> 16)
        folded = (folded & 0xffff) &+ (folded >> 16)
        folded = (folded & 0xffff) &+ (folded >> 16)
        return UInt16(truncatingIfNeeded: folded)
    }

    /// The checksum field for a running sum, in host byte order, to be written with `put(_:at:)`.
    @inlinable @_noLocks
    public static func finish(_ sum: UInt64) -> UInt16 { (~fold(sum)).bigEndian }

    /// A checksum field after one 16-bit word that it covers has changed (RFC 1624 equation 3); all in host byte order.
    @inlinable @_noLocks
    public static func updated(_ checksum: UInt16, replacing old: UInt16, by new: UInt16) -> UInt16 {
        var sum = UInt32(~checksum) &+ UInt32(~old) &+ UInt32(new)
        sum = (sum & 0xffff) &+ (sum >> 16)
        sum = (sum & 0xffff) &+ (sum >> 16)
        return ~UInt16(truncatingIfNeeded: sum)
    }

    /// As above, for a 32-bit word, such as an address.
    @inlinable @_noLocks
    public static func updated(_ checksum: UInt16, replacing old: UInt32, by new: UInt32) -> UInt16 {
        updated(
            updated(
                checksum, replacing: UInt16(truncatingIfNeeded: old >> 16), by: UInt16(truncatingIfNeeded: new >> 16)),
            replacing: UInt16(truncatingIfNeeded: old), by: UInt16(truncatingIfNeeded: new))
    }
}
