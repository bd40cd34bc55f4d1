/// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
///
/// Sums are kept in the machine's byte order: the one's complement sum is the same in either order as long as it is
/// read and written in the one in which the words were added (RFC 1071 section 2 B).
public enum Checksum {
    /// Adds the bytes of a range to a running sum, 64 at a time as far as it goes. Ranges of odd length may only come last.
    @inlinable @_noLocks
    public static func sum(_ bytes: borrowing RawSpan, _ range: Range<Int>, onto initial: UInt64 = 0) -> UInt64 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.byteCount, "bytes out of range")
        var sums = SIMD2<UInt64>.zero
        var offset = range.lowerBound
        // Safe, all of them: what is read lies in the range, which lies in the span; any bits are numbers.
        if range.upperBound &- offset >= 64 {
            // Whole words, of which what carries over is lost, and their upper halves, which have room for that: so the sum
            // of the lower halves is the difference.
            var (words, upper) = (SIMD8<UInt64>.zero, SIMD8<UInt64>.zero)
            repeat {
                let block = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD8<UInt64>.self)
                words &+= block
                upper &+= block &>> 32
                offset &+= 64
            } while range.upperBound &- offset >= 64
            let uppers = folded(upper)
            sums = folded(words) &- uppers &<< 32 &+ uppers
        }
        while range.upperBound &- offset >= 16 {
            let block = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD2<UInt64>.self)
            sums &+= (block & SIMD2(repeating: 0xffff_ffff)) &+ (block &>> 32)
            offset &+= 16
        }
        let rest = range.upperBound &- offset
        var sum = initial &+ sums[0] &+ sums[1]
        if rest & 8 != 0 {
            let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
            sum &+= (word & 0xffff_ffff) &+ (word &>> 32)
            offset &+= 8
        }
        if rest & 4 != 0 {
            sum &+= unsafe UInt64(bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
            offset &+= 4
        }
        if rest & 2 != 0 {
            sum &+= unsafe UInt64(bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self))
            offset &+= 2
        }
        if rest & 1 != 0 {
            sum &+= UInt64(UInt16(bytes.octet(at: offset)).littleEndian)
        }
        return sum
    }

    @inlinable @inline(__always) @_noLocks
    static func folded(_ words: SIMD8<UInt64>) -> SIMD2<UInt64> {
        let half = words.lowHalf &+ words.highHalf
        return half.lowHalf &+ half.highHalf
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
