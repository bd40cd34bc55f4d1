/// A value that stays where it is in memory while what it is a part of is moved: for large ones, since Swift moves a
/// structure as a whole where it lends it to a function.
///
/// Invariant: the value at `base` is initialised, and belongs to this box until deinit.
@safe
public struct Box<Value: ~Copyable>: ~Copyable {
    /// Where the value is. Unsafe: whoever goes through it must keep to this box's lifetime.
    @unsafe public let base: UnsafeMutablePointer<Value>

    /// A box with a value.
    public init(_ value: consuming Value) {
        unsafe base = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        unsafe base.initialize(to: value)
    }

    deinit {
        // Safe: the very value and memory of init.
        unsafe base.deinitialize(count: 1)
        unsafe base.deallocate()
    }

    /// The value, in place.
    @inlinable public var value: Value {
        @inline(__always) unsafeAddress {
            // Safe: initialised for as long as this box is there.
            unsafe UnsafePointer(base)
        }
        @inline(__always) unsafeMutableAddress {
            // Safe: as above.
            unsafe base
        }
    }
}
