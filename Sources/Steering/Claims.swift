import CSteering
import CXDP
import Glibc

/// Who has used a pinhole: the one place where the first packet and user space decide which of them was first.
///
/// Invariants: a claim belongs to one pinhole at a time, by its serial number; it changes by compare-and-swap only.
@safe public struct Claims: Sendable {
    /// What came of shutting a pinhole.
    public enum Closing: Sendable, Equatable {
        /// No packet has come, and none will.
        case shut
        /// A packet from this port, in network byte order, has come first.
        case used(port: UInt16)
    }

    /// Valid while the `SteeringMaps` that it came from lives; the program writes here, too.
    @usableFromInline nonisolated(unsafe) let words: UnsafeMutablePointer<UInt64>
    /// How many there are.
    public let count: Int

    init(map descriptor: Int32, count: UInt32) throws(SetupError) {
        self.count = Int(count)
        let area = unsafe try mapped(descriptor, size: 8 * Int(count), "claims")
        unsafe words = area.bindMemory(to: UInt64.self, capacity: Int(count))
    }

    func unmap() { unsafe munmap(words, 8 * count) }

    /// Readies a claim for a pinhole that is to be inserted: `serial` is another one than the claim's last.
    @_noLocks
    public func open(_ index: Int, serial: UInt32) {
        unsafe sp_atomic_store(place(index), word(serial, STEERING_CLAIM_OPEN))
    }

    /// Shuts a pinhole unless a packet has come first. One that has come may be making its flows only now; if there is
    /// no room for them, they will be missing.
    @_noLocks
    public func shut(_ index: Int, serial: UInt32) -> Closing {
        let found = unsafe sp_atomic_swap(
            place(index), word(serial, STEERING_CLAIM_OPEN), word(serial, STEERING_CLAIM_SHUT))
        let port = UInt16(truncatingIfNeeded: found)
        return port == 0 ? .shut : .used(port: port)
    }

    /// Opens a pinhole again that `shut` has shut.
    @_noLocks
    public func reopen(_ index: Int, serial: UInt32) {
        unsafe sp_atomic_store(place(index), word(serial, STEERING_CLAIM_OPEN))
    }

    @_noLocks
    private func word(_ serial: UInt32, _ state: steering_claim) -> UInt64 {
        UInt64(serial) << 32 | UInt64(state.rawValue) << 16
    }

    @unsafe @_noLocks
    private func place(_ index: Int) -> UnsafeMutablePointer<UInt64> {
        precondition(index >= 0 && index < count)
        return unsafe words + index
    }
}
