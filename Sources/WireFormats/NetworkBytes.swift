/// Numbers in network byte order, read from and written to borrowed bytes.
///
/// Every access is bounds-checked by the span. Where an offset is fixed and the length was checked before, the
/// optimiser removes the check.
extension RawSpan {
    /// The octet at an offset.
    @inlinable @inline(__always) @_noLocks
    public func octet(at offset: Int) -> UInt8 {
        // Safe: every bit pattern is a UInt8, and the span checks the offset.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The 16-bit number at an offset, in host byte order.
    @inlinable @inline(__always) @_noLocks
    public func number16(at offset: Int) -> UInt16 {
        // Safe: every bit pattern is a UInt16, no alignment is assumed, and the span checks the offset.
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self).bigEndian
    }

    /// The 32-bit number at an offset, in host byte order.
    @inlinable @inline(__always) @_noLocks
    public func number32(at offset: Int) -> UInt32 {
        // Safe: as number16(at:).
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self).bigEndian
    }

    /// The IPv4 address at an offset.
    @inlinable @inline(__always) @_noLocks
    public func address(at offset: Int) -> IPv4Address { IPv4Address(number32(at: offset)) }
}

extension MutableRawSpan {
    /// The octet at an offset.
    @inlinable @inline(__always) @_noLocks
    public func octet(at offset: Int) -> UInt8 {
        // Safe: every bit pattern is a UInt8, and the span checks the offset.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The 16-bit number at an offset, in host byte order.
    @inlinable @inline(__always) @_noLocks
    public func number16(at offset: Int) -> UInt16 {
        // Safe: every bit pattern is a UInt16, no alignment is assumed, and the span checks the offset.
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self).bigEndian
    }

    /// The 32-bit number at an offset, in host byte order.
    @inlinable @inline(__always) @_noLocks
    public func number32(at offset: Int) -> UInt32 {
        // Safe: as number16(at:).
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self).bigEndian
    }

    /// Writes an octet.
    @inlinable @inline(__always) @_noLocks
    public mutating func put(_ value: UInt8, at offset: Int) {
        storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    }

    /// Writes a 16-bit number in network byte order.
    @inlinable @inline(__always) @_noLocks
    public mutating func put(_ value: UInt16, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// Writes a 32-bit number in network byte order.
    @inlinable @inline(__always) @_noLocks
    public mutating func put(_ value: UInt32, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Writes an IPv4 address.
    @inlinable @inline(__always) @_noLocks
    public mutating func put(_ value: IPv4Address, at offset: Int) { put(value.value, at: offset) }
}

extension MutableRawSpan {
    /// Copies a range of other bytes to an offset. Both ends are checked, once.
    ///
    /// A loop of wide loads, because the standard library's closures over spans are opaque to `@_noLocks`.
    @inlinable @_noLocks
    public mutating func copy(_ source: borrowing RawSpan, _ range: Range<Int>, to offset: Int) {
        precondition(range.lowerBound >= 0 && offset >= 0, "bytes out of range")
        precondition(range.upperBound <= source.byteCount, "bytes out of range")
        precondition(range.count <= byteCount &- offset, "no room for the bytes")
        let (from, count) = (range.lowerBound, range.count)
        // Safe, all blocks: they lie within the ranges checked above. The last one has some octets that are there already.
        if count >= 32 {
            var moved = 0
            while moved < count &- 32 {
                unsafe copy32(source, from &+ moved, to: offset &+ moved)
                moved &+= 32
            }
            unsafe copy32(source, from &+ count &- 32, to: offset &+ count &- 32)
        } else if count >= 16 {
            unsafe copy16(source, from, to: offset)
            unsafe copy16(source, from &+ count &- 16, to: offset &+ count &- 16)
        } else {
            for moved in 0..<count { put(source.octet(at: from &+ moved), at: offset &+ moved) }
        }
    }

    /// Copies 32 octets, which must lie inside on both sides; any bits are a vector.
    @inlinable @inline(__always) @_noLocks @unsafe
    mutating func copy32(_ source: borrowing RawSpan, _ from: Int, to offset: Int) {
        unsafe storeBytes(
            of: source.unsafeLoadUnaligned(fromUncheckedByteOffset: from, as: SIMD32<UInt8>.self),
            toUncheckedByteOffset: offset, as: SIMD32<UInt8>.self)
    }

    /// The same with 16 octets.
    @inlinable @inline(__always) @_noLocks @unsafe
    mutating func copy16(_ source: borrowing RawSpan, _ from: Int, to offset: Int) {
        unsafe storeBytes(
            of: source.unsafeLoadUnaligned(fromUncheckedByteOffset: from, as: SIMD16<UInt8>.self),
            toUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
    }

    /// The same for what more is written behind: up to 31 octets there may change.
    @inlinable @inline(__always) @_noLocks
    public mutating func copyAhead(_ source: borrowing RawSpan, _ range: Range<Int>, to offset: Int) {
        let count = range.count
        guard range.lowerBound >= 0, range.upperBound <= source.byteCount &- 31, offset >= 0,
            count <= byteCount &- 31 &- offset
        else { return copy(source, range, to: offset) }
        var moved = 0
        while moved < count {
            // Safe: up to 31 octets more than the range has lie inside on both sides.
            unsafe copy32(source, range.lowerBound &+ moved, to: offset &+ moved)
            moved &+= 32
        }
    }
}
