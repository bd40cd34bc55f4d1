import Synchronization

/// As a member, keeps a large type where it is: borrowed, it is passed by its address.
///
/// Without one, the compiler takes a type whose members all fit registers for a value, and copies the whole of it onto
/// the stack for every call of a method that does not change it: kilobytes for each packet. An atomic can have no copy.
public struct InPlace: ~Copyable, Sendable {
    private let place = Atomic<UInt8>(0)

    public init() {}
}
