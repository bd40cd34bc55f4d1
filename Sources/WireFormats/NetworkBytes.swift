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
        var from = range.lowerBound
        var to = offset
        while from &+ 16 <= range.upperBound {
            // Safe: 16 octets from `from` and to `to` lie within the ranges checked above; any bits are a vector.
            unsafe storeBytes(
                of: source.unsafeLoadUnaligned(fromUncheckedByteOffset: from, as: SIMD16<UInt8>.self),
                toUncheckedByteOffset: to, as: SIMD16<UInt8>.self)
            from &+= 16
            to &+= 16
        }
        if from == range.upperBound { return }
        if range.count >= 16 {
            // The last 16 octets, of which some are there already.
            let last = range.count &- 16
            // Safe: as above.
            unsafe storeBytes(
                of: source.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: range.lowerBound &+ last, as: SIMD16<UInt8>.self),
                toUncheckedByteOffset: offset &+ last, as: SIMD16<UInt8>.self)
            return
        }
        while from < range.upperBound {
            put(source.octet(at: from), at: to)
            from &+= 1
            to &+= 1
        }
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
            // Safe: up to 31 octets more than the range has lie inside on both sides; any bits are a vector.
            unsafe storeBytes(
                of: source.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: range.lowerBound &+ moved, as: SIMD32<UInt8>.self),
                toUncheckedByteOffset: offset &+ moved, as: SIMD32<UInt8>.self)
            moved &+= 32
        }
    }
}
