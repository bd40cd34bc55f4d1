// Numbers and addresses as text, written into the caller's buffer one after the other. Each traps when the buffer ends
// before the text does: give it room for the longest that its values can be.

extension MutableRawSpan {
    /// Writes a byte at `offset`, and moves `offset` behind it.
    @inlinable @inline(__always) @_noLocks
    public mutating func append(_ byte: UInt8, at offset: inout Int) {
        storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
        offset &+= 1
    }

    /// Writes a text.
    @_noLocks
    public mutating func append(_ text: StaticString, at offset: inout Int) {
        for index in 0..<text.utf8CodeUnitCount {
            // Safe: `utf8Start` has `utf8CodeUnitCount` bytes, and lives for ever.
            unsafe append(text.utf8Start[index], at: &offset)
        }
    }

    /// Writes a number without leading zeros, at most five digits.
    @_noLocks
    public mutating func append(decimal value: UInt16, at offset: inout Int) {
        var divisor: UInt16 = 10_000
        while divisor > 1 && value < divisor { divisor /= 10 }
        while divisor > 0 {
            append(ASCII.zero &+ UInt8(truncatingIfNeeded: value / divisor % 10), at: &offset)
            divisor /= 10
        }
    }

    /// Writes the four octets of an IPv4 address, host byte order, in decimal with a separator between them.
    @_noLocks
    public mutating func append(address: UInt32, separator: UInt8, at offset: inout Int) {
        for index in 0..<4 {
            if index > 0 { append(separator, at: &offset) }
            append(
                decimal: UInt16(truncatingIfNeeded: address >> UInt32(24 &- 8 &* index) & 0xFF), at: &offset)
        }
    }
}
