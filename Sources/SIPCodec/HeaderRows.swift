/// A header field that the gateway may act on, and where its value stands.
public struct HeaderRow: BitwiseCopyable, Sendable {
    private let start: UInt32
    private let end: UInt32
    /// Which field it is; never `other`.
    public let name: HeaderName

    @inline(__always) @_noLocks
    init(name: HeaderName, value: Range<Int>) {
        start = UInt32(truncatingIfNeeded: value.lowerBound)
        end = UInt32(truncatingIfNeeded: value.upperBound)
        self.name = name
    }

    /// Its value, as offsets in the span: without white space before and behind it, folded where the sender folded it
    /// (RFC 3261 section 7.3.1). Empty when there is none.
    public var value: Range<Int> {
        @inline(__always) @_noLocks get {
            // Never wrong: made from a range.
            unsafe Range(uncheckedBounds: (Int(truncatingIfNeeded: start), Int(truncatingIfNeeded: end)))
        }
    }
}

/// The header fields of a message, in its order, in memory of the caller's that is used again and again: those that
/// `HeaderName` knows, each row of them with all its values; the others are not kept.
///
/// Invariants: the first `count` rows are written; of every name in `present`, `firstIndex` holds the first row. The rows
/// stand in memory of their own because the compiler (6.3) copies a whole `InlineArray` to read one element of it.
@safe
public struct HeaderRows: ~Copyable {
    /// How many fields there is room for.
    public static var capacity: Int { @_noLocks get { 192 } }

    /// Of `capacity` rows. Safe wherever it is used: places are checked against `count`, or `capacity`.
    private let rows: UnsafeMutablePointer<HeaderRow>
    private var firstIndex: InlineArray<32, UInt8>
    /// How many there are.
    public private(set) var count: Int
    /// A bit for each name of which there is a row, and for each of which there is more than one.
    private(set) var present: UInt32
    private(set) var repeated: UInt32

    /// No rows.
    public init() {
        unsafe rows = .allocate(capacity: HeaderRows.capacity)
        firstIndex = InlineArray(repeating: 0)
        count = 0
        present = 0
        repeated = 0
    }

    deinit { unsafe rows.deallocate() }

    @inline(__always) @_noLocks
    mutating func removeAll() {
        count = 0
        present = 0
        repeated = 0
    }

    /// Whether there was room for it.
    @inline(__always) @_noLocks
    mutating func append(_ row: HeaderRow) -> Bool {
        guard count < HeaderRows.capacity else { return false }
        unsafe rows[count] = row
        let bit = Self.bit(row.name)
        repeated |= present & bit
        if present & bit == 0 { firstIndex[row.name.index] = UInt8(truncatingIfNeeded: count) }
        present |= bit
        count &+= 1
        return true
    }

    /// The bit of a name in `present` and `repeated`.
    @inline(__always) @_noLocks
    static func bit(_ name: HeaderName) -> UInt32 { 1 &<< UInt32(truncatingIfNeeded: name.index) }

    /// Whether there is more than one row of a name.
    @_noLocks
    func isRepeated(_ name: HeaderName) -> Bool { repeated & Self.bit(name) != 0 }

    /// A row, from 0 to `count`.
    public subscript(index: Int) -> HeaderRow {
        @_noLocks get {
            precondition(index >= 0 && index < count, "no such row")
            return unsafe rows[index]
        }
    }

    /// The value of the first row of a name; nil when there is none.
    @_noLocks
    public func first(_ name: HeaderName) -> Range<Int>? {
        guard present & Self.bit(name) != 0 else { return nil }
        return self[Int(firstIndex[name.index])].value
    }
}
