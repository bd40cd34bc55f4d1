/// A header field that the gateway may act on, and where its value stands.
public struct HeaderRow: BitwiseCopyable, Sendable {
    @usableFromInline let text: TextRange
    /// Which field it is; never `other`.
    public let name: HeaderName

    @inline(__always) @_noLocks
    init(name: HeaderName, value: Range<Int>) {
        self.init(name: name, value.lowerBound, value.upperBound)
    }

    /// A value from one offset to another, which is not before it.
    @inline(__always) @_noLocks
    init(name: HeaderName, _ start: Int, _ end: Int) {
        text = TextRange(start, end)
        self.name = name
    }

    /// Its value, as offsets in the span: without white space before and behind it, folded where the sender folded it
    /// (RFC 3261 section 7.3.1). Empty when there is none.
    @inlinable public var value: Range<Int> {
        @inline(__always) @_noLocks get { text.range }
    }
}

/// The header fields of a message, in its order, in memory that is used again and again: those that `HeaderName` knows,
/// each row with all its values; the others are not kept.
///
/// Invariant: rows from 0 to `count` are written; of every name in `present`, `firstIndex` holds the first row.
@safe
public struct HeaderRows: ~Copyable {
    /// How many fields there is room for.
    public static var capacity: Int { @_noLocks get { 192 } }

    // In memory of their own, because reading one element of an InlineArray of a borrowed value copies all of them.
    private let rows: UnsafeMutablePointer<HeaderRow>
    private let firstIndex: UnsafeMutablePointer<UInt8>
    /// How many there are.
    public private(set) var count: Int
    /// A bit for each name of which there is a row, and for each of which there is more than one.
    private(set) var present: UInt32
    private(set) var repeated: UInt32

    /// No rows.
    public init() {
        unsafe rows = .allocate(capacity: Self.capacity)
        unsafe firstIndex = .allocate(capacity: 32)
        count = 0
        present = 0
        repeated = 0
    }

    deinit {
        // Safe: allocated in init, of trivial elements, and known to nobody else.
        unsafe rows.deallocate()
        unsafe firstIndex.deallocate()
    }

    @inline(__always) @_noLocks
    mutating func removeAll() {
        count = 0
        present = 0
        repeated = 0
    }

    /// Whether there was room for it.
    @inline(__always) @_noLocks
    mutating func append(_ row: HeaderRow) -> Bool {
        guard count < Self.capacity else { return false }
        // Safe: there are 192 rows; and 32 indices, as many as names at most.
        unsafe rows[count] = row
        let bit = Self.bit(row.name)
        if present & bit == 0 {
            unsafe firstIndex[row.name.index] = UInt8(truncatingIfNeeded: count)
        }
        repeated |= present & bit
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
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "no such row")
            // Safe: rows below `count` are written.
            return unsafe rows[index]
        }
    }

    /// Rows among which all of a name are, and others only if there are several of it.
    @inline(__always) @_noLocks
    public func all(_ name: HeaderName) -> Range<Int> {
        guard present & Self.bit(name) != 0 else { return 0..<0 }
        // Safe: as in `first`; it is below `count`.
        let first = unsafe Int(truncatingIfNeeded: firstIndex[name.index])
        return first..<(isRepeated(name) ? count : first &+ 1)
    }

    /// The value of the first row of a name; nil when there is none.
    @inline(__always) @_noLocks
    public func first(_ name: HeaderName) -> Range<Int>? {
        guard present & Self.bit(name) != 0 else { return nil }
        // Safe: of a name that is present, the index is that of a row below `count`.
        return unsafe rows[Int(truncatingIfNeeded: firstIndex[name.index])].value
    }
}
