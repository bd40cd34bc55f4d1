import CSteering
import CXDP
import Glibc

/// Tells the program between which hosts there are pinholes or flows; all other traffic is spared the look for them.
///
/// Invariant, which its users keep: each pair of hosts is added before its pinhole or flow is there, and removed once
/// for each time after it has gone. Then the filter never denies one that exists. Any number of threads may use it.
@safe public struct Filter: Sendable {
    /// Valid while the `SteeringMaps` that it came from lives; the kernel only reads it.
    @usableFromInline nonisolated(unsafe) let cells: UnsafeMutablePointer<UInt32>
    /// 64 less the logarithm of the number of cells.
    @usableFromInline let shift: UInt32

    /// Cells for so many flows: few of those that are empty share one with a flow even if the tables are full.
    static func cells(flows: UInt32) -> UInt32 {
        var cells: UInt32 = 1024
        while cells < flows, cells < 1 << 26 { cells <<= 1 }
        return cells << 1
    }

    init(map descriptor: Int32, lines: UInt32) throws(SetupError) {
        let count = lines * STEERING_FILTER_LINE.rawValue
        shift = UInt32(64 - count.trailingZeroBitCount)
        let area = unsafe try mapped(descriptor, size: Int(count) * 4, "filter")
        unsafe cells = area.bindMemory(to: UInt32.self, capacity: Int(count))
    }

    func unmap() { unsafe munmap(cells, 4 << (64 - Int(shift))) }

    /// Adds a pair of IPv4 addresses, in network byte order: `near` as packets from its side show it, so that a
    /// translated connection has two pairs.
    @_noLocks @inlinable
    public func add(near: UInt32, far: UInt32) { change(steering_filter_cell(near, far, shift), by: 1) }

    /// Removes it once.
    @_noLocks @inlinable
    public func remove(near: UInt32, far: UInt32) { change(steering_filter_cell(near, far, shift), by: UInt32.max) }

    /// Adds a pair of IPv6 addresses, the one on the inside first.
    public func add(near: steering_address, far: steering_address) { change(cell(near, far), by: 1) }

    /// Removes it once.
    public func remove(near: steering_address, far: steering_address) { change(cell(near, far), by: UInt32.max) }

    private func cell(_ near: steering_address, _ far: steering_address) -> UInt32 {
        var (near, far) = (near, far)
        // Both are read during the call only.
        return unsafe steering_filter_cell6(&near, &far, shift)
    }

    @_noLocks @usableFromInline
    func change(_ cell: UInt32, by difference: UInt32) {
        // The shift leaves no more bits than the number of cells has.
        unsafe sp_atomic_add(cells + Int(cell), difference)
    }
}
