/// Counters with names, in memory that another process may read. One thread counts.
///
/// `Name` is an enumeration whose raw values are 0 and up; see `Slots` about `@_noLocks`.
public struct CounterTable<Name: RawRepresentable & CaseIterable>: ~Copyable where Name.RawValue == Int {
    @usableFromInline let values: Slots<UInt64>

    /// All zero; in a file if there is a descriptor for one, else -1.
    public init(descriptor: Int32) throws(TableError) {
        values = try Slots(count: Name.allCases.count, descriptor: descriptor)
    }

    /// Counts one.
    @inlinable @inline(__always)
    public func count(_ name: Name) { values.store(values[name.rawValue] &+ 1, at: name.rawValue) }

    /// How many were counted.
    @inlinable @inline(__always)
    public func value(_ name: Name) -> UInt64 { values[name.rawValue] }
}
