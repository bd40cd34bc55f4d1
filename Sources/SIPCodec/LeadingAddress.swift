import CXDP
import TextFormats
import WireFormats

/// The IPv4 address with which a text begins: four decimal octets without leading zeros. All digits and dots there belong
/// to it.
struct LeadingAddress {
    let address: IPv4Address
    /// Where it ends.
    let end: Int

    /// The same as without `known`, at less cost where one of these stands there.
    @inline(__always) @_noLocks
    init?(_ bytes: borrowing RawSpan, _ range: Range<Int>, _ known: borrowing KnownEndpoints) {
        if let end = known.first.addressEnd(in: bytes, range) {
            address = known.first.endpoint.address
            self.end = end
        } else if let end = known.second.addressEnd(in: bytes, range) {
            address = known.second.endpoint.address
            self.end = end
        } else {
            guard let read = Self.read(bytes, range) else { return nil }
            self = read
        }
    }

    @inline(never) @_noLocks
    static func read(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> LeadingAddress? {
        LeadingAddress(bytes, range)
    }

    /// Nil when `range` does not begin with one.
    @inline(__always) @_noLocks
    init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        let start = range.lowerBound
        let window = bytes.window(at: start)
        let room: UInt32 = range.count < 16 ? 1 &<< UInt32(truncatingIfNeeded: range.count) &- 1 : 0xFFFF
        let digits = ~sp_no_digit(window) & room
        var dots = sp_equal(window, ASCII.dot) & room
        let count = (~(digits | dots)).trailingZeroBitCount
        let inside = UInt32(1) &<< UInt32(truncatingIfNeeded: count) &- 1
        guard count >= 7 && count <= 15 else { return nil }
        dots &= inside
        // An octet begins at the text's start and behind each dot, with a digit that is no zero before another digit, and
        // has at most three of them.
        let starts = dots &<< 1 | 1
        let zeros = sp_equal(window, ASCII.zero) & starts & digits &>> 1
        let long = digits & digits &>> 1 & digits &>> 2 & digits &>> 3 & inside
        guard starts & ~(digits & inside) | zeros | long == 0 else { return nil }
        let last = dots & (dots &- 1) & ((dots & (dots &- 1)) &- 1)
        guard last != 0, last & (last &- 1) == 0 else { return nil }
        let words = unsafe unsafeBitCast(window, to: SIMD2<UInt64>.self)  // Safe: any bits are both.
        var text = words[0]
        var more = words[1]
        var ends = dots | (inside &+ 1)
        var (value, largest): (UInt32, UInt32) = (0, 0)
        for _ in 0..<4 {
            let passed = UInt64(truncatingIfNeeded: 8 &* ends.trailingZeroBitCount)
            // Hundreds, tens and units in three octets, the first lowest; the product has their sum in its third octet.
            let decimal = UInt32(truncatingIfNeeded: text &<< (24 &- passed)) & 0x0F_0F0F
            largest = max(largest, decimal.byteSwapped)
            value = value &<< 8 | (decimal &* 0x64_0A01) &>> 16 & 0xFF
            text = text &>> (passed &+ 8) | more &<< (56 &- passed)
            more &>>= passed &+ 8
            ends &>>= UInt32(truncatingIfNeeded: passed &>> 3 &+ 1)
        }
        guard largest <= 0x0205_0500 else { return nil }
        address = IPv4Address(value)
        end = start &+ count
    }
}

extension IPv4Address {
    /// The address that fills `range` as four decimal octets without leading zeros; nil for anything else.
    @inline(__always) @_noLocks
    public init?(_ bytes: borrowing RawSpan, text range: Range<Int>) {
        guard let leading = LeadingAddress(bytes, range), leading.end == range.upperBound else { return nil }
        self = leading.address
    }
}
